//! `init`, `cost` and what needs no AWS at all.

use crate::support::World;

#[test]
fn a_file_is_written_once_and_read_back() {
    let world = World::new();
    let out = world.run(["init", "--region", "eu-west-1", "--stage", "team-a", "--pipeline", "rds-kinesis"]);
    assert!(out.starts_with("exit: 0\n") && out.contains("next: `outboxctl doctor"), "{out}");
    let path = world.work().join("outboxctl.toml");
    let text = std::fs::read_to_string(&path).expect("the file");
    assert!(text.contains("region = \"eu-west-1\"") && text.contains("# DatabaseClass = \"db.t4g.micro\""), "{text}");

    let again = world.run(["init"]);
    assert!(again.starts_with("exit: 2\n") && again.contains("--force"), "{again}");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), text, "it is not written over");

    // With the values of the file, and those of the flags.
    std::fs::write(&path, format!("{text}\nLogDays = 7\n")).expect("written");
    let forced = world.run(["init", "--force", "--stage", "team-b"]);
    assert!(forced.starts_with("exit: 0\n"), "{forced}");
    let text = std::fs::read_to_string(&path).expect("the file");
    for line in ["stage = \"team-b\"", "region = \"eu-west-1\"", "pipeline = \"rds-kinesis\"", "LogDays = 7"] {
        assert!(text.lines().any(|other| other == line), "{line} is not in {text}");
    }
    assert_eq!(std::fs::read_dir(world.work()).expect("the folder").count(), 1, "nothing else is left there");

    // A broken file does not stop the command that repairs it.
    std::fs::write(&path, "stage = \n").expect("written");
    assert!(world.run(["outputs"]).starts_with("exit: 2\n"));
    assert!(world.run(["init", "--force"]).starts_with("exit: 0\n"));
}

#[test]
fn the_text_of_an_invalid_file_is_kept_beside_the_new_one() {
    let world = World::new();
    let (path, read) = (world.work().join("outboxctl.toml"), |name: &str| std::fs::read(world.work().join(name)));
    // A mistake in one line, and bytes that are not text.
    let broken: [&[u8]; 2] = [b"stage = \"team-a\"\n[existing]\nstream = orders\n", b"stage = \"team-\xff\"\n"];
    for (text, name) in broken.into_iter().zip(["outboxctl.toml.bak", "outboxctl.toml.bak.2"]) {
        std::fs::write(&path, text).expect("written");
        let out = world.run(["init", "--force"]);
        assert!(out.starts_with("exit: 0\n") && out.contains(&format!("its text is in {name}")), "{out}");
        assert_eq!(read(name).expect("a copy"), text);
    }
    assert_eq!(read("outboxctl.toml.bak").expect("a copy"), broken[0], "an earlier copy is not overwritten");
}

#[test]
fn a_wrong_answer_writes_nothing() {
    let world = World::new();
    for args in [&["init", "--pipeline", "rds"][..], &["init", "--stage", "No_1"]] {
        assert!(world.run(args).starts_with("exit: 2\n"));
    }
    assert_eq!(std::fs::read_dir(world.work()).expect("the folder").count(), 0);
}

#[test]
fn cost_is_an_estimate_and_lists_its_omissions() {
    let world = World::new();
    let out = world.run(["cost", "--pipeline", "rds-eventbridge", "--region", "us-east-1"]);
    assert!(out.starts_with("exit: 0\n"), "{out}");
    for word in ["estimate", "aws.amazon.com/pricing", "Not included", "capture instance (DMS)", "dms.t3.medium"] {
        assert!(out.contains(word), "{word} is not in {out}");
    }
    let total = |args: &[&str]| {
        let output = world.command().args(["cost", "--output", "json"]).args(args).output().expect("the binary starts");
        let data: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        data["total_usd_month"].as_f64().expect("a total")
    };
    world.write("prices.toml", "[prices]\n\"dms.dms.t3.medium.hour\" = 1.0745\n");
    let (without, with) = (total(&[]), total(&["--prices", "prices.toml"]));
    assert!((with - without - 730.0).abs() < 0.01, "{without} {with}");
    assert!(total(&["--parameter", "DatabaseMultiAz=true"]) > without);
    assert!(total(&["--without-sample"]) < without);
    let nothing = world.run(["cost", "--pipeline", "dynamodb-cdc", "--without-sample"]);
    assert!(nothing.starts_with("exit: 2\n") && nothing.contains("can't be deployed without it"), "{nothing}");
    assert!(world.run(["cost", "--parameter", "DatabaseMultiAz=perhaps"]).starts_with("exit: 2\n"));
    assert!(world.run(["cost", "--events-per-second", "-1"]).starts_with("exit: 2\n"));
    assert!(world.run(["cost", "--region", "eu-central-1"]).contains("no prices for eu-central-1"));
}
