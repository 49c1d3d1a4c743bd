//! What makes a start impossible is said in one sentence, and the exit code is 1.

use innkeeper_suites::House;

/// The host ends with code 1, and its last line says all of these words.
fn it_ends_and_says(house: &House, words: &[&str]) {
    assert_eq!(house.host().ends(), Some(1), "{}", house.host().last_words());
    let log = house.host().log();
    let sentence = log.lines().last().unwrap_or_default();
    for word in words {
        assert!(sentence.contains(word), "the last line does not say {word:?}:\n{log}");
    }
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_folder_of_modules_that_is_missing_ends_the_start() {
    let house = House::alone(&[]);
    let missing = house.modules().path().join("nowhere");
    house.begin_host_on(&missing, &house.host_kubeconfig());
    it_ends_and_says(&house, &["folder", &missing.display().to_string(), "--modules"]);
}

#[test]
fn a_file_in_the_place_of_the_folder_ends_the_start() {
    let house = House::alone(&["custom-http"]);
    let file = house.modules().path().join("custom-http.wasm");
    house.begin_host_on(&file, &house.host_kubeconfig());
    it_ends_and_says(&house, &["folder", &file.display().to_string(), "--modules"]);
}

#[test]
fn a_kubeconfig_that_cannot_be_read_ends_the_start() {
    let house = House::alone(&[]);
    let missing = house.modules().path().join("no-kubeconfig");
    house.begin_host_on(house.modules().path(), &missing);
    it_ends_and_says(&house, &["kubeconfig", &missing.display().to_string(), "cannot be read", "--kubeconfig"]);
}

#[test]
fn a_kubeconfig_that_makes_no_sense_ends_the_start() {
    let house = House::alone(&[]);
    for (text, why) in [("not: [a kubeconfig", "correct it"), ("apiVersion: v1\nkind: Config\n", "--context")] {
        house.modules().write("kubeconfig", text.as_bytes());
        let file = house.modules().path().join("kubeconfig");
        house.begin_host_on(house.modules().path(), &file);
        it_ends_and_says(&house, &["kubeconfig", &file.display().to_string(), why]);
    }
}
