//! The smallest example.

use crate::environment::TestEnvironment;

#[test]
fn the_whole_example_runs_in_a_repository() {
    let machine = TestEnvironment::repository()
        .copy_of("examples/hello")
        .committed("first");
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    compose           | started
    compose           | $ mkdir -p out
    compose           | $ bash compose.sh "$GREETING" greetings/*.txt > out/greetings.txt
    compose           | $ echo "GREETINGS=$(grep -c "" out/greetings.txt)" > build.env
    compose           | $ cat out/greetings.txt
    compose           | Hello in 3 languages
    compose           | - Hej (danish)
    compose           | - Bonjour (french)
    compose           | - Habari (swahili)
    compose           | succeeded
    count             | started
    count             | $ echo "compose counted $GREETINGS lines"
    count             | compose counted 4 lines
    count             | $ test "$GREETINGS" -eq "$(grep -c "" out/greetings.txt)"
    count             | succeeded
    greets: [danish]  | started
    greets: [danish]  | $ grep "($LANGUAGE)" out/greetings.txt
    greets: [danish]  | - Hej (danish)
    greets: [danish]  | Running after script...
    greets: [danish]  | $ echo "looked for $LANGUAGE, the job's status is $CI_JOB_STATUS"
    greets: [danish]  | looked for danish, the job's status is success
    greets: [danish]  | succeeded
    greets: [french]  | started
    greets: [french]  | $ grep "($LANGUAGE)" out/greetings.txt
    greets: [french]  | - Bonjour (french)
    greets: [french]  | Running after script...
    greets: [french]  | $ echo "looked for $LANGUAGE, the job's status is $CI_JOB_STATUS"
    greets: [french]  | looked for french, the job's status is success
    greets: [french]  | succeeded
    greets: [swahili] | started
    greets: [swahili] | $ grep "($LANGUAGE)" out/greetings.txt
    greets: [swahili] | - Habari (swahili)
    greets: [swahili] | Running after script...
    greets: [swahili] | $ echo "looked for $LANGUAGE, the job's status is $CI_JOB_STATUS"
    greets: [swahili] | looked for swahili, the job's status is success
    greets: [swahili] | succeeded
    package           | started
    package           | $ tar -cf greetings.tar out
    package           | $ tar -tf greetings.tar
    package           | out/
    package           | out/greetings.txt
    package           | succeeded
    scripts-parse     | started
    scripts-parse     | $ bash -n compose.sh
    scripts-parse     | $ echo "compose.sh reads well"
    scripts-parse     | compose.sh reads well
    scripts-parse     | succeeded
    shout             | manual: waits to be played, nothing waits for it

    run 1 succeeded, 1 manual job was not started
      success          compose              #.# s
      success          scripts-parse        #.# s
      success          count                #.# s
      success          greets: [danish]     #.# s
      success          greets: [french]     #.# s
      success          greets: [swahili]    #.# s
      success          package              #.# s
      manual           shout                       waits to be played, nothing waits for it  gantry run --resume 1 --manual 'shout'
    "#);
    assert_eq!(machine.git("status --porcelain"), "");
}

#[test]
fn the_whole_example_runs_in_a_folder_without_git() {
    let machine = TestEnvironment::plain().copy_of("examples/hello");
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main without a commit

    compose           | started
    compose           | $ mkdir -p out
    compose           | $ bash compose.sh "$GREETING" greetings/*.txt > out/greetings.txt
    compose           | $ echo "GREETINGS=$(grep -c "" out/greetings.txt)" > build.env
    compose           | $ cat out/greetings.txt
    compose           | Hello in 3 languages
    compose           | - Hej (danish)
    compose           | - Bonjour (french)
    compose           | - Habari (swahili)
    compose           | succeeded
    count             | started
    count             | $ echo "compose counted $GREETINGS lines"
    count             | compose counted 4 lines
    count             | $ test "$GREETINGS" -eq "$(grep -c "" out/greetings.txt)"
    count             | succeeded
    greets: [danish]  | started
    greets: [danish]  | $ grep "($LANGUAGE)" out/greetings.txt
    greets: [danish]  | - Hej (danish)
    greets: [danish]  | Running after script...
    greets: [danish]  | $ echo "looked for $LANGUAGE, the job's status is $CI_JOB_STATUS"
    greets: [danish]  | looked for danish, the job's status is success
    greets: [danish]  | succeeded
    greets: [french]  | started
    greets: [french]  | $ grep "($LANGUAGE)" out/greetings.txt
    greets: [french]  | - Bonjour (french)
    greets: [french]  | Running after script...
    greets: [french]  | $ echo "looked for $LANGUAGE, the job's status is $CI_JOB_STATUS"
    greets: [french]  | looked for french, the job's status is success
    greets: [french]  | succeeded
    greets: [swahili] | started
    greets: [swahili] | $ grep "($LANGUAGE)" out/greetings.txt
    greets: [swahili] | - Habari (swahili)
    greets: [swahili] | Running after script...
    greets: [swahili] | $ echo "looked for $LANGUAGE, the job's status is $CI_JOB_STATUS"
    greets: [swahili] | looked for swahili, the job's status is success
    greets: [swahili] | succeeded
    package           | started
    package           | $ tar -cf greetings.tar out
    package           | $ tar -tf greetings.tar
    package           | out/
    package           | out/greetings.txt
    package           | succeeded
    scripts-parse     | started
    scripts-parse     | $ bash -n compose.sh
    scripts-parse     | $ echo "compose.sh reads well"
    scripts-parse     | compose.sh reads well
    scripts-parse     | succeeded
    shout             | manual: waits to be played, nothing waits for it

    run 1 succeeded, 1 manual job was not started
      success          compose              #.# s
      success          scripts-parse        #.# s
      success          count                #.# s
      success          greets: [danish]     #.# s
      success          greets: [french]     #.# s
      success          greets: [swahili]    #.# s
      success          package              #.# s
      manual           shout                       waits to be played, nothing waits for it  gantry run --resume 1 --manual 'shout'
    "#);
}

#[test]
fn its_manual_job_runs_by_name_with_what_it_needs() {
    let machine = TestEnvironment::repository()
        .copy_of("examples/hello")
        .committed("first");
    insta::assert_snapshot!(machine.call("run shout --needs").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    compose           | started
    compose           | $ mkdir -p out
    compose           | $ bash compose.sh "$GREETING" greetings/*.txt > out/greetings.txt
    compose           | $ echo "GREETINGS=$(grep -c "" out/greetings.txt)" > build.env
    compose           | $ cat out/greetings.txt
    compose           | Hello in 3 languages
    compose           | - Hej (danish)
    compose           | - Bonjour (french)
    compose           | - Habari (swahili)
    compose           | succeeded
    shout             | manual: waits to be played, nothing waits for it
    shout             | started
    shout             | $ tr '[:lower:]' '[:upper:]' < out/greetings.txt
    shout             | HELLO IN 3 LANGUAGES
    shout             | - HEJ (DANISH)
    shout             | - BONJOUR (FRENCH)
    shout             | - HABARI (SWAHILI)
    shout             | succeeded

    run 1 succeeded
      success          compose    #.# s
      success          shout      #.# s
    "#);
}
