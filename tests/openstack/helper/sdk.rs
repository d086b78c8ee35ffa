//! OpenStack's own Python client, for what the engine never does itself.

use std::path::PathBuf;
use std::process::Command;

/// Runs a few lines of Python, in which `cloud` is a connection of the home account and `admin` one of the administrator's, if there
/// is one.
/// Answers what they print.
pub fn python(lines: &str) -> String {
    let setup = "import os, openstack\n\
                 cloud = openstack.connect(cloud=os.environ['OS_CLOUD'])\n\
                 try:\n    admin = openstack.connect(cloud=os.environ['OS_CLOUD'] + '-admin')\n\
                 except openstack.exceptions.ConfigException:\n    admin = None\n";
    let output = Command::new(venv().join("bin/python")).arg("-c").arg(format!("{setup}{lines}")).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Lines of Python after which `own` is a connection by an application credential.
pub fn driver(id: &str, secret: &str) -> String {
    format!(
        "from keystoneauth1.identity.v3 import ApplicationCredential\n\
         from keystoneauth1.session import Session\n\
         url = cloud.config.config['auth']['auth_url']\n\
         login = ApplicationCredential(auth_url=url, application_credential_id='{id}', \
         application_credential_secret='{secret}')\n\
         own = openstack.connection.Connection(session=Session(login), region_name=cloud.config.region_name)\n"
    )
}

/// The environment that holds the client: `OPENSTACK_VENV`, or `venv` beside clouds.yaml.
pub fn venv() -> PathBuf {
    let beside = || PathBuf::from(std::env::var_os("OS_CLIENT_CONFIG_FILE").unwrap()).with_file_name("venv");
    std::env::var_os("OPENSTACK_VENV").map_or_else(beside, PathBuf::from)
}
