//! `cargo xtask deliver voting`: the voting application's delivery on real parts.
//!
//! [`scene`] sets up what there has to be, [`story`] delivers. The [`world`](world::World) it happens in is made of containers on this
//! machine's engine, and goes away with its guard. [`journal`] prints a line for each step, and [`shown`] ends with what
//! has been proved.

mod builds;
mod docker;
mod engine;
mod gantry;
mod graphs;
mod hosts;
mod images;
mod interrupt;
mod journal;
mod keys;
mod objects;
mod options;
mod projects;
mod refusals;
mod registry;
mod scene;
mod shown;
mod story;
mod transcript;
mod visitor;
mod world;

use anyhow::{Result, bail};

use self::engine::Engine;
use self::images::Images;
use self::journal::Journal;
use self::options::Options;
use self::scene::Scene;
use self::story::Story;
use self::world::World;
use crate::arguments::Arguments;
use crate::{parts, workspace};

pub(crate) const USAGE: &str = "voting [--keep] [--pull] [--gantry PATH] [--transcript FILE]

  --keep              leave everything running at the end, and say where it is
  --pull              fetch images that are not here, in place of making stand-ins
  --gantry PATH       deliver with this gantry; otherwise that of this clone is built
  --transcript FILE   write the page that docs/ has";

pub(crate) fn run(arguments: &mut Arguments) -> Result<()> {
    let options = Options::taken_from(arguments)?;
    parts::build_for_delivery()?;
    let missing = parts::missing_for_delivery();
    if !missing.is_empty() {
        bail!("missing: {}; see `cargo xtask parts`", missing.join(", "));
    }
    interrupt::watch()?;
    let _engine = Engine::find(options.keep)?;
    let world = World::new(options.keep)?;
    let journal = Journal::in_folder(&workspace::root().join("target/deliver/logs"))?;
    let images = Images::new(options.keep);
    let scene = Scene::set(&journal, &world, &images, &options)?;
    Story::new(&journal, &scene).tell()?;
    println!("{}\n", journal.total());
    let table = shown::table(&journal)?;
    print!("{table}");
    if let Some(place) = &options.transcript {
        transcript::write(place, &journal, &table)?;
    }
    if options.keep {
        print!("\nkept:\n{}", scene.addresses());
    }
    Ok(())
}
