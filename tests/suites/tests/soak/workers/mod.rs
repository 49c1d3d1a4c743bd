//! Scripts of one account, which are released, built into one image and served by one Deployment; and a bundle that
//! somebody made by hand. Builds end when the model says so: no node takes their Pods, and the model is their kubelet.

mod account;
mod bundle;
mod script;

use std::collections::BTreeMap;

use fastrand::Rng;
use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::system::{System, meta};
use crate::town::{Town, one_of};
use account::Account;
use script::{Script, Version};

/// The account, its bundle and its build have this name.
const ACCOUNT: &str = "acme";
/// The label that says whose an object is, and its value.
const ID: &str = "a1";
const SCRIPTS: [&str; 3] = ["alpha", "beta", "gamma"];

/// What people want, and what became of it.
#[derive(Default)]
pub(crate) struct Workers {
    scripts: BTreeMap<&'static str, Script>,
    account: Option<Account>,
    /// The image and the first port of the bundle made by hand.
    by_hand: Option<(u8, u16)>,
    /// Which image was wanted for which content: the same for the same, another for another.
    images: BTreeMap<Vec<(&'static str, Version)>, String>,
}

/// Builds wait for the model.
pub(crate) fn builds_are_by_hand(town: &Town) {
    let house = &town.house;
    house.eventually("the build has its Reconciler", || house.find("Reconciler", "job-builder").is_some());
    let patch = r#"{"spec": {"config": {"nodeSelector": {"builds": "by-hand"}}}}"#;
    house.patch("reconciler", "job-builder", patch);
}

/// The metadata of an object or a child of the account.
fn of_account(mut meta: Value) -> Value {
    meta["labels"]["accounts"] = json!(ID);
    meta
}

impl Workers {
    /// What is to be built follows from the scripts and what is served.
    fn follow(&mut self) {
        if let Some(account) = &mut self.account {
            account.wants(&self.scripts.iter().map(|(name, script)| (*name, script.active().clone())).collect());
        }
    }

    fn releases(&mut self, random: &mut Rng, name: &'static str, town: &Town) -> String {
        let version = Version::any(random);
        let script = self.scripts.entry(name).or_insert_with(|| Script::new(version.clone()));
        script.release(version);
        town.apply(&script.object(name));
        let said = format!("release {name} {:?}", script.active());
        self.follow();
        said
    }

    /// The build that is at work ends.
    fn build_ends(&mut self, succeeds: bool, town: &Town) -> String {
        let Some(account) = self.account.as_mut().filter(|account| account.is_building()) else {
            return "nothing is being built".into();
        };
        let image = account::wanted_image(&town.house);
        let known = self.images.entry(account.content.clone()).or_insert_with(|| image.clone()).clone();
        assert_eq!(known, image, "the same content has the same image");
        let same = self.images.values().filter(|other| **other == image).count();
        assert_eq!(same, 1, "another content has another image");
        account::job_ends(&town.house, succeeds);
        account.built(succeeds, &image);
        format!("the build of {image} {}", if succeeds { "succeeds" } else { "fails" })
    }

    fn child_goes(&mut self, random: &mut Rng, town: &Town) -> String {
        let script = one_of(random, &SCRIPTS);
        match random.u8(0..7) {
            0 => town.delete("workerbundle", ACCOUNT),
            1 => town.delete("deployment", "acme-depl"),
            2 => town.delete("service", "acme-svc"),
            3 => town.delete("ingress", "acme-ingress"),
            4 => {
                // It has forgotten how the build ended.
                self.account.iter_mut().for_each(Account::builds_anew);
                town.delete("jobbuilder", ACCOUNT)
            }
            5 => {
                self.account.iter_mut().for_each(Account::job_goes);
                town.house.kubectl(&["delete", "jobs", "-l", "app.kubernetes.io/name=job-builder", "--wait=false"]);
                "delete the Job of the build".into()
            }
            _ => match town.house.find("WorkerDeployment", script) {
                Some(there) => town.delete("workerrelease", there["status"]["activeRelease"].as_str().unwrap()),
                None => format!("{script} has no release"),
            },
        }
    }
}

impl System for Workers {
    fn kinds(&self) -> &'static [&'static str] {
        &["WorkerAccount", "WorkerDeployment"]
    }

    fn apps(&self) -> &'static [&'static str] {
        &["worker-account", "worker-bundle", "worker-deployment", "job-builder"]
    }

    fn act(&mut self, random: &mut Rng, town: &Town) -> String {
        // What is history, and where a script is served, depends on what came before.
        town.settle(self);
        let name = one_of(random, &SCRIPTS);
        match random.u8(0..20) {
            0..=5 => self.releases(random, name, town),
            6 => {
                self.scripts.remove(name);
                self.follow();
                town.delete("workerdeployment", name)
            }
            7 => {
                let Some(script) = self.scripts.get_mut(name) else { return format!("there is no {name}") };
                script.limit(random.usize(0..4));
                town.apply(&script.object(name));
                format!("limit {name} to {} releases", script.limit)
            }
            8 | 9 if self.account.is_none() => {
                self.account = Some(Account::default());
                self.follow();
                town.apply(&account::object());
                "apply the account".into()
            }
            8..=11 => self.build_ends(true, town),
            12 => self.build_ends(false, town),
            13 | 14 => self.child_goes(random, town),
            // An image that the account does not name is not its own, and stays.
            15 if self.account.as_ref().is_some_and(Account::serves) => {
                let wrong = json!({"spec": {"workers": [], "podTemplate": {"image": "mine:1"}}});
                town.edit("workerbundle", ACCOUNT, &wrong)
            }
            15 => "nothing is served".into(),
            16 => {
                let mine = json!({"spec": {"ports": [{"name": "mine", "port": 9999}]}});
                town.edit("service", one_of(random, &["acme-svc", "hand-svc"]), &mine)
            }
            17 => {
                self.account = None;
                town.delete("workeraccount", ACCOUNT)
            }
            18 => {
                let (image, port) = *self.by_hand.insert((random.u8(0..5), random.u16(8000..8003)));
                town.apply(&bundle::by_hand(image, port));
                format!("apply the bundle by hand, image {image}, port {port}")
            }
            _ => {
                self.by_hand = None;
                town.delete("workerbundle", "hand")
            }
        }
    }

    fn objects(&self) -> Vec<Value> {
        let scripts = self.scripts.iter().map(|(name, script)| script.object_as_it_becomes(name));
        let account = self.account.iter().map(|_| account::object());
        let by_hand = self.by_hand.iter().map(|(image, port)| bundle::by_hand(*image, *port));
        scripts.chain(account).chain(by_hand).collect()
    }

    fn children(&self) -> Vec<Value> {
        let mut all: Vec<Value> = self.scripts.iter().flat_map(|(name, script)| script.children(name)).collect();
        if let Some(account) = &self.account {
            all.extend(account.children(self.images.get(&account.content).map(String::as_str)));
        }
        if let Some((image, port)) = &self.by_hand {
            let ports = [("first".to_owned(), *port), ("second".to_owned(), 9000)];
            all.extend(bundle::children("hand", &format!("hand:{image}"), &ports));
        }
        all
    }

    fn besides(&self, house: &House) -> Result<(), String> {
        let Some(account) = &self.account else { return Ok(()) };
        let others = self.images.iter().filter(|(content, _)| **content != account.content).map(|(_, image)| image);
        account.is_known(house, others)
    }
}
