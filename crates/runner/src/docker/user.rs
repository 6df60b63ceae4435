//! Who a container's processes run as, in numbers.

use super::container::Container;
use super::error::DockerError;
use super::tree::{Owner, ROOT};

/// Finds the numbers of `user`, `user:group` or the like; `None` where the image does not tell.
pub(super) async fn resolve(container: &Container, user: &str) -> Result<Option<Owner>, DockerError> {
    if matches!(user, "" | "root" | "0" | "0:0" | "root:root") {
        return Ok(Some(ROOT));
    }
    let passwd = text(container, "/etc/passwd").await?;
    let group = match user.split_once(':') {
        Some((_, name)) if name.parse::<u64>().is_err() => text(container, "/etc/group").await?,
        _ => String::new(),
    };
    Ok(look_up(user, &passwd, &group))
}

async fn text(container: &Container, path: &str) -> Result<String, DockerError> {
    let file = container.get_file(path).await?;
    Ok(file.map_or_else(String::new, |(content, _)| {
        String::from_utf8_lossy(&content).into_owned()
    }))
}

fn look_up(user: &str, passwd: &str, groups: &str) -> Option<Owner> {
    let (user, group) = match user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (user, None),
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let known = passwd.lines().map(fields).find(|fields| {
        fields.first().is_some_and(|name| name == user)
            || (number(user).is_some() && fields.get(2).map(String::as_str) == Some(user))
    });
    let field = |index: usize| {
        known
            .as_ref()
            .and_then(|fields| fields.get(index))
            .and_then(|text| number(text))
    };
    let user = number(user).or_else(|| field(2))?;
    let group = match group {
        Some(name) => number(name).or_else(|| {
            let mut lines = groups.lines().map(fields);
            let line = lines.find(|fields| fields.first().is_some_and(|known| known == name))?;
            number(line.get(2)?)
        })?,
        None => field(3).unwrap_or(0),
    };
    Some(Owner { user, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_become_numbers() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n";
        let groups = "root:x:0:\nstaff:x:50:\n";
        for (user, expected) in [
            ("node", Some((1000, 1001))),
            ("1000", Some((1000, 1001))),
            ("1000:7", Some((1000, 7))),
            ("node:staff", Some((1000, 50))),
            ("4711", Some((4711, 0))),
            ("nobody", None),
            ("node:nobody", None),
        ] {
            let found = look_up(user, passwd, groups).map(|owner| (owner.user, owner.group));
            assert_eq!(found, expected, "{user}");
        }
    }
}
