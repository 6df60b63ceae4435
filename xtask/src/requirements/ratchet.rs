//! The list of requirements that some test has shown; it only grows.

use super::Shown;
use super::catalogue::Catalogue;

/// Returns the listed ids that no test shows any more.
pub(super) fn lost<'a>(list: &'a str, shown: &Shown) -> Vec<&'a str> {
    list.lines()
        .filter(|id| !id.is_empty() && !shown.contains_key(*id))
        .collect()
}

/// Returns the list, one id per line in the order of the table.
pub(super) fn render(catalogue: &Catalogue, shown: &Shown) -> String {
    let ids = catalogue.requirements.iter().map(|requirement| &requirement.id);
    ids.filter(|id| shown.contains_key(*id))
        .map(|id| format!("{id}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_was_shown_must_stay_shown() {
        let shown = Shown::from([("S0-2".to_owned(), Vec::new())]);
        assert_eq!(lost("S0-2\nS0-10\n", &shown), ["S0-10"]);
        assert!(lost("", &shown).is_empty());
    }

    #[test]
    fn the_list_keeps_the_order_of_the_table() {
        let catalogue = Catalogue::parse("id\nS0-2\tP\tx\nS0-10\tP\ty\nS0-11\tP\tz\n").unwrap();
        let shown = Shown::from([("S0-10".to_owned(), Vec::new()), ("S0-2".to_owned(), Vec::new())]);
        assert_eq!(render(&catalogue, &shown), "S0-2\nS0-10\n");
    }
}
