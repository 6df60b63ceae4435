// Looks at the pages as people do: on a phone without JavaScript, on a desk with it, and through assistive technology.
// usage: node pages.mjs VOTE_URL RESULT_URL PICTURES
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { io } from "socket.io-client";

const [vote, result, pictures] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
const desk = { viewport: { width: 1200, height: 800 } };

/** Opens a browser of its own, which may ask nobody but the two services. */
async function person(options) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  context.on("request", (request) => {
    const url = request.url();
    assert.ok(
      url.startsWith(vote) || url.startsWith(result) || url.startsWith("data:"),
      `a page asks for ${url}`,
    );
  });
  context.on("weberror", (error) => assert.fail(error.error()));
  return context.newPage();
}

async function accessible(page, name) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => axe.run());
  const shown = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(", ")}`);
  assert.deepEqual(shown, [], name);
  assert.ok(passes.length > 10, `${name}: only ${passes.length} rules were applied`);
}

async function fits(page, name) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${name} is ${content} wide on a screen of ${window}`);
}

async function withoutJavaScript() {
  const page = await person({ ...phone, javaScriptEnabled: false });
  await page.goto(vote);
  await page.screenshot({ path: `${pictures}/vote-phone.png` });
  await page.getByRole("button", { name: "Cats" }).click();
  await page.getByText("You voted for Cats.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Cats" }).isDisabled());
  await page.screenshot({ path: `${pictures}/voted-phone.png` });
  // The page asks anew by itself.
  await page.goto(result);
  await page.getByText("1 vote", { exact: true }).waitFor();
  await page.screenshot({ path: `${pictures}/result-phone.png` });
}

async function withJavaScript() {
  const watching = await person(desk);
  await watching.goto(result);
  await watching.getByText("1 vote", { exact: true }).waitFor();
  const voting = await person(desk);
  await voting.goto(vote);
  await voting.screenshot({ path: `${pictures}/vote.png` });
  await voting.getByRole("button", { name: "Dogs" }).click();
  await voting.getByText("You voted for Dogs.").waitFor();
  await watching.getByText("2 votes").waitFor();
  assert.equal(await watching.locator("#percent-b").textContent(), "50%");
  // The same person again: another choice, not another vote.
  await voting.getByRole("button", { name: "Cats" }).click();
  await watching.getByText("100%").waitFor();
  assert.equal(await watching.locator("#result").textContent(), "2 votes");
  assert.equal(await watching.locator("#background-stats-1").getAttribute("width"), "100%");
  await watching.screenshot({ path: `${pictures}/result.png` });
}

async function forEverybody() {
  for (const [device, options] of Object.entries({ phone, desk })) {
    const page = await person(options);
    for (const url of [vote, result]) {
      await page.goto(url);
      await accessible(page, `${url} (${device})`);
      await fits(page, `${url} (${device})`);
    }
    await page.goto(vote);
    // The keyboard alone is enough.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("You voted for Cats.").waitFor();
    await accessible(page, `after a vote (${device})`);
  }
}

/** What the original result page does, by its own client. */
async function originalClient(transports) {
  const socket = io(result, { transports });
  const heard = (event) => new Promise((resolve) => socket.once(event, resolve));
  const [message, scores] = await Promise.all([heard("message"), heard("scores")]);
  assert.deepEqual(message, { text: "Welcome!" });
  assert.deepEqual(Object.keys(JSON.parse(scores)), ["a", "b"]);
  socket.emit("subscribe", { channel: "a" });
  socket.close();
}

try {
  await withoutJavaScript();
  await withJavaScript();
  await forEverybody();
  await originalClient(["polling"]);
  await originalClient(["websocket"]);
  await originalClient(["polling", "websocket"]);
} finally {
  await browser.close();
}
console.log("every page is as it should be");
