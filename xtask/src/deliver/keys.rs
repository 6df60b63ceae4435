//! What proves who is who: an SSH key of the pipelines, the keys of the hosts, and an authority with one certificate for
//! all pages and the object storage. Made anew for each delivery.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::docker::docker;
use super::images;
use super::journal::Log;

pub(super) struct Keys {
    pub(super) folder: PathBuf,
}

const SCRIPT: &str = r#"
cd /keys
ssh-keygen -q -t ed25519 -N '' -C pipelines -f id
ssh-keygen -q -t ed25519 -N '' -C hosts -f host
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=a delivery of gantry' \
    -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=example.com' \
    -keyout privkey.pem -out request.pem
printf 'subjectAltName=%s\n' "$NAMES" >names
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out fullchain.pem
cat /etc/ssl/certs/ca-certificates.crt ca.pem >authorities.pem
chmod 644 *.pem
chmod 600 id
"#;

impl Keys {
    pub(super) fn make(log: &Log, world: &Path, names: &[&str]) -> Result<Keys> {
        let folder = world.join("keys");
        fs::create_dir_all(&folder)?;
        let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        log.run(
            docker(["run", "--rm", "--volume"])
                .arg(format!("{}:/keys", folder.display()))
                .args(["--env", &format!("NAMES={}", names.join(","))])
                .args([images::MACHINE, "sh", "-euc", SCRIPT]),
        )?;
        Ok(Keys { folder })
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<String> {
        let place = self.file(name);
        fs::read_to_string(&place).with_context(|| format!("cannot read {}", place.display()))
    }
}
