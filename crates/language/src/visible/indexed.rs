//! A list of variables that is searched by name.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::plan::YamlVariable;

/// A list of variables in which names are looked up often. Long lists get an index with the first look.
pub(super) struct Indexed<'a> {
    pub(super) list: &'a [YamlVariable],
    places: OnceCell<HashMap<String, usize>>,
}

impl<'a> Indexed<'a> {
    pub(super) fn new(list: &'a [YamlVariable]) -> Indexed<'a> {
        Indexed {
            list,
            places: OnceCell::new(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a YamlVariable> {
        const SHORT: usize = 32;
        if self.list.len() <= SHORT {
            return self.list.iter().rfind(|variable| variable.key == name);
        }
        let places = self.places.get_or_init(|| {
            let places = self.list.iter().enumerate();
            places
                .map(|(place, variable)| (variable.key.clone(), place))
                .collect()
        });
        places.get(name).map(|&place| &self.list[place])
    }
}
