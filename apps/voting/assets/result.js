// Keeps the page current without reloading it. The server has rendered it once, so it is right without this, too.
const { keyA, keyB } = document.body.dataset;
const byId = (id) => document.getElementById(id);

function show(scores) {
  const a = scores[keyA] ?? 0;
  const b = scores[keyB] ?? 0;
  const total = a + b;
  const percentA = total > 0 ? Math.round((a / total) * 100) : 50;
  const percentB = 100 - percentA;
  byId("percent-a").textContent = `${percentA}%`;
  byId("percent-b").textContent = `${percentB}%`;
  byId("background-stats-1").setAttribute("width", `${percentA}%`);
  byId("background-stats-2").setAttribute("x", `${percentA}%`);
  byId("background-stats-2").setAttribute("width", `${percentB}%`);
  byId("result").textContent = total === 0 ? "No votes yet" : total === 1 ? "1 vote" : `${total} votes`;
}

// The browser connects again by itself.
new EventSource("events").addEventListener("scores", (event) => show(JSON.parse(event.data)));
