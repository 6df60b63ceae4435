//! `spec:inputs` and `$[[ … ]]`, §4.8 and §4.9.

use insta::assert_snapshot;

use crate::support::{Case, case};

/// A root that includes `job.yml`, whose header declares `inputs` (lines of YAML) above one job.
fn included(given: &str, inputs: &str, job: &str) -> Case {
    let header = inputs
        .lines()
        .map(|line| format!("    {}\n", line.trim_end()))
        .collect::<String>();
    case(&format!("include: [{{local: job.yml, inputs: {given}}}]"))
        .file("job.yml", &format!("spec:\n  inputs:\n{header}---\n{job}"))
}

fn script(given: &str, input: &str, text: &str) -> String {
    included(given, input, &format!("a: {{script: [{text}]}}")).job("a")
}

// §4.9, §16.80, §16.81
#[test]
pub(crate) fn a_value_keeps_its_type_where_it_stands_alone() {
    let inputs = "name:\ncopies: {type: number}\nfast: {type: boolean}\nlist: {type: array}";
    let job = "
'job-$[[ inputs.name ]]':
  parallel: $[[ inputs.copies ]]
  interruptible: $[[ inputs.fast ]]
  script:
    - first
    - $[[ inputs.list ]]
    - echo '$[[ inputs.copies ]]-x' $[[inputs.name]] $[[ inputs.fast ]] $[[ inputs.list ]]
  tags: $[[ inputs.list ]]
";
    let given = "{name: web, copies: 2, fast: true, list: [one, two]}";
    assert_snapshot!(included(given, inputs, job).job("job-web 1/2"), @r#"
    interruptible: true
    node: {"index":1,"total":2}
    tags: ["one","two"]
    script: ["first","one","two","echo '2-x' web true [\"one\", \"two\"]"]
    "#);
    let given = "{name: 5, copies: '2', fast: 'false', list: '[\"one\", 2.5, null]'}";
    let job =
        "a: {script: ['$[[ inputs.name ]] $[[ inputs.copies ]] $[[ inputs.fast ]] $[[ inputs.list ]]']}";
    assert_snapshot!(included(given, inputs, job).job("a"), @r#"script: ["5 2 false [\"one\", 2.5, null]"]"#);
}

// §4.9, §16.79
#[test]
fn without_a_header_a_block_is_text() {
    assert_snapshot!(case("a: {script: ['echo $[[ inputs.x ]]']}").job("a"), @r#"script: ["echo $[[ inputs.x ]]"]"#);
    assert_snapshot!(
        script("{}", "x: {default: v}", "'$[[ i ]]', '$[[ ]]', '$[[ matrix.A ]] $[ inputs.x ] $[[inputs.x]]'"),
        @r#"script: ["$[[ i ]]","$[[ ]]","$[[ matrix.A ]] $[ inputs.x ] v"]"#
    );
}

// §4.8
#[test]
pub(crate) fn mistakes_of_values() {
    let inputs = "
name:
copies: {type: number, options: [1, 2]}
fast: {type: boolean}
list: {type: array}
size: {options: [small, large]}
version: {regex: '^v\\d+$'}";
    let check = |given: &str| included(given, inputs, "a: {script: x}").check();
    assert_snapshot!(check("{}"), @r"
    error: the input `name` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:4:5: declared here, without a default
      help: write `inputs: {name: …}` beside the file
      gitlab: `name` input: required value has not been provided
    error: the input `copies` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:5:5: declared here, without a default
      help: write `inputs: {copies: …}` beside the file
      gitlab: `copies` input: required value has not been provided
    error: the input `fast` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:6:5: declared here, without a default
      help: write `inputs: {fast: …}` beside the file
      gitlab: `fast` input: required value has not been provided
    error: the input `list` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:7:5: declared here, without a default
      help: write `inputs: {list: …}` beside the file
      gitlab: `list` input: required value has not been provided
    error: the input `size` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:8:5: declared here, without a default
      help: write `inputs: {size: …}` beside the file
      gitlab: `size` input: required value has not been provided
    error: the input `version` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:9:5: declared here, without a default
      help: write `inputs: {version: …}` beside the file
      gitlab: `version` input: required value has not been provided
    ");
    assert_snapshot!(check("{name: [a], copies: 3, fast: 'yes', list: a, size: medium, version: 1, nam: x}"), @r"
    error: `3` is not among the options of the input `copies`
      --> .gitlab-ci.yml:1:56
      ... job.yml:5:5: declared here
      help: it is one of `1` or `2`
      gitlab: `copies` input: `3` cannot be used because it is not of the allowed options
    error: the provided value of the input `fast` is not a boolean
      --> .gitlab-ci.yml:1:65
      ... job.yml:6:5: declared here
      gitlab: `fast` input: provided value is not a boolean
    error: the provided value of the input `list` is not an array
      --> .gitlab-ci.yml:1:78
      ... job.yml:7:5: declared here
      gitlab: `list` input: provided value is not an array
    error: `medium` is not among the options of the input `size`
      --> .gitlab-ci.yml:1:87
      ... job.yml:8:5: declared here
      help: it is one of `small` or `large`
      gitlab: `size` input: `medium` cannot be used because it is not in the list of allowed options
    error: `1` does not match the `regex` of the input `version`
      --> .gitlab-ci.yml:1:104
      ... job.yml:9:5: declared here
      help: it has to match `^v\d+$`
      gitlab: `version` input: provided value does not match required RegEx pattern
    error: there is no input `nam`
      --> .gitlab-ci.yml:1:112
      help: did you mean `name`?
      gitlab: unknown input arguments: nam
    ");
    assert_snapshot!(check("{name: null, copies: two, fast: 1, list: {}, size: small, version: v12}"), @r"
    error: the input `name` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:4:5: declared here, without a default
      help: write `inputs: {name: …}` beside the file
      gitlab: `name` input: required value has not been provided
    error: the provided value of the input `copies` is not a number
      --> .gitlab-ci.yml:1:57
      ... job.yml:5:5: declared here
      gitlab: `copies` input: provided value is not a number
    error: the provided value of the input `fast` is not a boolean
      --> .gitlab-ci.yml:1:68
      ... job.yml:6:5: declared here
      gitlab: `fast` input: provided value is not a boolean
    error: the provided value of the input `list` is not an array
      --> .gitlab-ci.yml:1:77
      ... job.yml:7:5: declared here
      gitlab: `list` input: provided value is not an array
    ");
    assert_snapshot!(check("[name]"), @r"
    error: the input `name` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:4:5: declared here, without a default
      help: write `inputs: {name: …}` beside the file
      gitlab: `name` input: required value has not been provided
    error: the input `copies` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:5:5: declared here, without a default
      help: write `inputs: {copies: …}` beside the file
      gitlab: `copies` input: required value has not been provided
    error: the input `fast` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:6:5: declared here, without a default
      help: write `inputs: {fast: …}` beside the file
      gitlab: `fast` input: required value has not been provided
    error: the input `list` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:7:5: declared here, without a default
      help: write `inputs: {list: …}` beside the file
      gitlab: `list` input: required value has not been provided
    error: the input `size` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:8:5: declared here, without a default
      help: write `inputs: {size: …}` beside the file
      gitlab: `size` input: required value has not been provided
    error: the input `version` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:9:5: declared here, without a default
      help: write `inputs: {version: …}` beside the file
      gitlab: `version` input: required value has not been provided
    error: `include:inputs` takes a mapping, not a list
      --> .gitlab-ci.yml:1:36
      gitlab: include:inputs config should be a hash
    ");
}

// §4.8
#[test]
pub(crate) fn mistakes_of_a_header() {
    let yaml = "
        spec:
          description: 5
          component: [name, size]
          inputs:
            a: {type: text}
            b: {default: 1, kind: string}
            c: {type: number, default: many}
            d: {type: boolean, options: [true]}
            e: {type: number, regex: x}
            f: {regex: '(', default: x}
            g: {options: [a, b], default: c}
            h: {regex: '^a', default: ''}
            i: [x]
            j: {options: [[a]]}
            k: {options: [a], rules: [{default: b}], default: a}
          extra: x
        ---
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `description` takes a string, not an integer
      --> .gitlab-ci.yml:2:16
      help: put it in quotes: `"5"`
      gitlab: header:spec description should be a string
    error: a component has no `size`
      --> .gitlab-ci.yml:3:21
      gitlab: header:spec component contains unknown values: size
    error: the input `a` cannot be of type `text`
      --> .gitlab-ci.yml:5:15
      help: use one of `string`, `number`, `boolean` or `array`
      gitlab: header:spec:inputs:a type unknown value: text
    error: `inputs:b` has no key `kind`
      --> .gitlab-ci.yml:6:21
      help: `inputs:b` takes `type`, `default`, `description`, `options`, `regex` or `rules`
      gitlab: header:spec:inputs:b config contains unknown keys: kind
    error: the default value of the input `c` is not a number
      --> .gitlab-ci.yml:7:32
      gitlab: `c` input: default value is not a number
    error: `options` are for strings and numbers, and the input `d` is a boolean
      --> .gitlab-ci.yml:8:33
      gitlab: `d` input: Options can only be used with string and number inputs
    error: `regex` is for strings, and the input `e` is a number
      --> .gitlab-ci.yml:9:30
      gitlab: `e` input: RegEx validation can only be used with string inputs
    error: the `regex` of the input `f` is none: `(` is never closed in the regular expression
      --> .gitlab-ci.yml:10:16
      gitlab: `f` input: invalid regular expression
    error: `c` is not among the options of the input `g`
      --> .gitlab-ci.yml:11:35
      help: it is one of `a` or `b`
      gitlab: `g` input: `c` cannot be used because it is not in the list of allowed options
    error: `` does not match the `regex` of the input `h`
      --> .gitlab-ci.yml:12:31
      help: it has to match `^a`
      gitlab: `h` input: default value does not match required RegEx pattern
    error: `inputs:i` takes a mapping, not a list
      --> .gitlab-ci.yml:13:8
      gitlab: header:spec:inputs:i config should be a hash
    error: an option of `j` is a list, not a string or number
      --> .gitlab-ci.yml:14:19
      gitlab: header:spec:inputs:j options should be an array of strings or numbers
    error: `rules` and `options` do not go together: rules say both
      --> .gitlab-ci.yml:15:9
      gitlab: header:spec:inputs:k config these keys cannot be used together: options, rules
    error: `rules` and `default` do not go together: rules say both
      --> .gitlab-ci.yml:15:46
      gitlab: header:spec:inputs:k config these keys cannot be used together: default, rules
    error: `spec` has no key `extra`
      --> .gitlab-ci.yml:16:3
      help: `spec` takes `inputs`, `include`, `component` or `description`
      gitlab: header:spec config contains unknown keys: extra
    "#);
    assert_snapshot!(case("spec: []\n---\na: {script: x}").check(), @r"
    error: `spec` takes a mapping, not a list
      --> .gitlab-ci.yml:1:7
      gitlab: header:spec config should be a hash
    ");
    assert_snapshot!(case("spec: {}\nother: {}\n---\na: {script: x}").check(), @r"
    error: `the header` has no key `other`
      --> .gitlab-ci.yml:2:1
      help: `the header` takes `spec`
      gitlab: header config contains unknown keys: other
    ");
    assert_snapshot!(case("spec:\n---\na: {script: x}").plan(), @"test: a");
}

// §1.1.4, §1.1.5
#[test]
fn documents_of_a_file() {
    assert_snapshot!(case("---\nspec: {inputs: {x: {default: v}}}\n---\na: {script: '$[[ inputs.x ]]'}").job("a"), @r#"script: ["v"]"#);
    assert_snapshot!(case("spec: {inputs: {x: {default: v}}}\na: {script: x}").check(), @r"
    error: `spec` is a header, and there is nothing below it
      --> .gitlab-ci.yml:1:1
      help: write `---` on a line below the header, and then the configuration
      gitlab: jobs spec config should implement the script:, run:, or trigger: keyword
    ");
    assert_snapshot!(case("spec: {inputs: {x: {default: v}}}\n---\n# nothing").check(), @r"
    error: `spec` is a header, and there is nothing below it
      --> .gitlab-ci.yml:1:1
      help: write `---` on a line below the header, and then the configuration
      gitlab: jobs spec config should implement the script:, run:, or trigger: keyword
    ");
    assert_snapshot!(case("spec: {}\n---\na: {script: x}\n---\nb: {script: x}").check(), @r"
    error: below a header stands one document, this is a second one
      --> .gitlab-ci.yml:5:1
      ... .gitlab-ci.yml:3:1: the first one begins here
      help: remove the `---` or `...`; GitLab would read only one of the two and say nothing
    ");
}

// §4.8, §16.82: null is a default, and an explicit null is nothing given
#[test]
fn defaults_make_inputs_optional() {
    let inputs = "
text: {default: ''}
empty_text: {default: }
empty_number: {type: number, default: }
list: {type: array, default: [a]}";
    let job = "a: {script: ['<$[[ inputs.text ]]|$[[ inputs.empty_text ]]|$[[ inputs.empty_number ]]>', $[[ inputs.list ]]]}";
    let job = &job.replace("$[[ inputs.list ]]", "'$[[ inputs.list ]]'");
    assert_snapshot!(included("{text: null, list: ~}", inputs, job).job("a"), @r#"script: ["<||>","a"]"#);
    assert_snapshot!(included("{text: t, list: []}", inputs, job).job("a"), @r#"script: ["<t||>"]"#);
    assert_snapshot!(included("{}", "n: {type: number, default: }", "a: {script: x, parallel: $[[ inputs.n ]]}").plan(), @r"
    error: expected `,` or `}`
      --> job.yml:5:27
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
    ");
}

// §4.9
#[test]
fn functions_change_a_value() {
    let run = |given: &str, block: &str| {
        included(given, "v:", &format!("a: {{script: ['>$[[ {block} ]]']}}"))
            .variable("WHO", "you")
            .variable("NESTED", "$WHO")
            .job("a")
    };
    assert_snapshot!(run("{v: 'hello world'}", "inputs.v | truncate(6,5)"), @r#"script: [">world"]"#);
    assert_snapshot!(run("{v: 'äöü'}", "inputs.v|truncate( 1 , 9 )"), @r#"script: [">öü"]"#);
    assert_snapshot!(run("{v: 'abc'}", "inputs.v | truncate(7,1)"), @r#"script: [">"]"#);
    assert_snapshot!(run("{v: 'hi $WHO $NESTED $NOPE'}", "inputs.v | expand_vars"), @r#"script: [">hi you $WHO $NOPE"]"#);
    assert_snapshot!(run("{v: 'hi $WHO'}", "inputs.v | expand_vars | truncate(3,2) | posix_escape"), @r#"script: [">yo"]"#);
    assert_snapshot!(run("{v: \"a b'c\"}", "inputs.v | posix_escape"), @r#"script: [">a\\ b\\'c"]"#);
}

// §4.9
#[test]
pub(crate) fn mistakes_of_blocks() {
    let check = |block: &str| {
        let inputs = "v: {default: x}\nn: {type: number, default: 1}\nmy-list: {type: array, default: [a]}\nlist: {type: array, default: [a, {deep: [b]}]}";
        included("{}", inputs, &format!("a: {{script: ['$[[ {block} ]]']}}")).check()
    };
    assert_snapshot!(check("inputs.w"), @r"
    error: `$[[ inputs.w ]]` names the input `w`, which the header does not declare
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      help: did you mean `v`?
      gitlab: unknown interpolation provided: `w` in `inputs.w`
    ");
    assert_snapshot!(check("inputs.versoin"), @r"
    error: `$[[ inputs.versoin ]]` names the input `versoin`, which the header does not declare
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: unknown interpolation provided: `versoin` in `inputs.versoin`
    ");
    assert_snapshot!(check("things.v"), @r"
    error: `$[[ things.v ]]` has no value: unknown interpolation provided: `things` in `things.v`
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: unknown interpolation provided: `things` in `things.v`
    ");
    assert_snapshot!(check("inputs"), @r"
    error: `$[[ inputs ]]` has no value: invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]
    ");
    assert_snapshot!(check("inputs.v.deeper"), @r"
    error: `$[[ inputs.v.deeper ]]` has no value: unknown interpolation provided: `deeper` in `inputs.v.deeper`
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: unknown interpolation provided: `deeper` in `inputs.v.deeper`
    ");
    assert_snapshot!(check("inputs.v | shout"), @r"
    error: `$[[ inputs.v | shout ]]` has no value: no function matching `shout`: check that the function name, arguments, and types are correct
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: no function matching `shout`: check that the function name, arguments, and types are correct
    ");
    assert_snapshot!(check("inputs.v | truncate(-1,3)"), @r"
    error: `$[[ inputs.v | truncate(-1,3) ]]` has no value: no function matching `truncate(-1,3)`: check that the function name, arguments, and types are correct
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: no function matching `truncate(-1,3)`: check that the function name, arguments, and types are correct
    ");
    assert_snapshot!(check("inputs.n | truncate(0,1)"), @r"
    error: `$[[ inputs.n | truncate(0,1) ]]` has no value: error in `truncate` function: invalid input type: truncate can only be used with string inputs
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: error in `truncate` function: invalid input type: truncate can only be used with string inputs
    ");
    assert_snapshot!(check("inputs.n | expand_vars"), @r"
    error: `$[[ inputs.n | expand_vars ]]` has no value: error in `expand_vars` function: invalid input type: expand_vars can only be used with string inputs
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: error in `expand_vars` function: invalid input type: expand_vars can only be used with string inputs
    ");
    assert_snapshot!(check("inputs.v | posix_escape | posix_escape | posix_escape | posix_escape"), @r"
    error: `$[[ inputs.v | posix_escape | posix_escape | posix_escape | …` has no value: too many functions in interpolation block
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: too many functions in interpolation block
    ");
    assert_snapshot!(check("inputs.list[5]"), @r"
    error: `$[[ inputs.list[5] ]]` has no value: array index 5 out of bounds (size: 2) in `inputs.list[5]`
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: array index 5 out of bounds (size: 2) in `inputs.list[5]`
    ");
    assert_snapshot!(check("inputs.list[-1]"), @r"
    error: `$[[ inputs.list[-1] ]]` has no value: invalid array index in `inputs.list[-1]`: `-1` is not a valid index
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: invalid array index in `inputs.list[-1]`: `-1` is not a valid index
    ");
    assert_snapshot!(check("inputs.my-list[0]"), @r"
    error: `$[[ inputs.my-list[0] ]]` has no value: invalid array index syntax in `inputs.my-list[0]`
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: invalid array index syntax in `inputs.my-list[0]`
    ");
    assert_snapshot!(check("inputs.v[0]"), @r"
    error: `$[[ inputs.v[0] ]]` has no value: cannot index into non-array value at [0] in `inputs.v[0]`
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: cannot index into non-array value at [0] in `inputs.v[0]`
    ");
    assert_snapshot!(check(&format!("inputs.{}", "v".repeat(1100))), @r"
    error: `$[[ inputs.vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv…` has no value: maximum interpolation expression size exceeded
      --> job.yml:8:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: maximum interpolation expression size exceeded
    ");
}

// §18.21
#[test]
fn an_array_has_items_and_they_have_fields() {
    let inputs =
        "list: {type: array, default: [a, {deep: {er: [b, c]}}]}\nmy-list: {type: array, default: [z]}";
    let job = "a: {script: ['$[[ inputs.list[0] ]] $[[ inputs.list[1].deep.er[1] ]] $[[ inputs.my-list ]]']}";
    assert_snapshot!(included("{}", inputs, job).job("a"), @r#"script: ["a c [\"z\"]"]"#);
}

// §4.9: masked values stay where they are
#[test]
fn a_masked_variable_is_not_expanded() {
    use gantry_language::variables::Variable;
    let case = included(
        "{v: $TOKEN}",
        "v:",
        "a: {script: ['$[[ inputs.v | expand_vars ]]']}",
    );
    assert_snapshot!(case.project(Variable::new("TOKEN", "secret-value").masked()).check(), @r"
    error: `$[[ inputs.v | expand_vars ]]` has no value: error in `expand_vars` function: variable expansion error: masked variables cannot be expanded
      --> job.yml:5:14
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: error in `expand_vars` function: variable expansion error: masked variables cannot be expanded
    ");
}

// §4.8, §18.34
#[test]
pub(crate) fn rules_choose_options_and_default() {
    let inputs = "
env: {options: [dev, prod], default: dev}
big: {type: boolean, default: false}
size:
  rules:
    - if: $[[ inputs.env ]] == \"prod\" && $[[ inputs.big ]]
      options: [large, huge]
      default: huge
    - if: $[[ inputs.env ]] == 'prod'
      options: [medium]
      default: medium
    - if: $[[ inputs.env ]] =~ /^de/
      default: ~";
    let size = |given: &str| included(given, inputs, "a: {script: ['<$[[ inputs.size ]]>']}").job("a");
    assert_snapshot!(size("{env: prod, big: true}"), @r#"script: ["<huge>"]"#);
    assert_snapshot!(size("{env: prod}"), @r#"script: ["<medium>"]"#);
    let large = included("{env: prod, size: large}", inputs, "a: {script: x}");
    assert_snapshot!(large.check(), @r"
    error: `large` is not among the options of the input `size`
      --> .gitlab-ci.yml:1:54
      ... job.yml:6:5: declared here
      help: it is one of `medium`
      gitlab: `size` input: `large` cannot be used because it is not in the list of allowed options
    ");
    assert_snapshot!(size("{size: anything}"), @r#"script: ["<anything>"]"#);
    assert_snapshot!(size("{}"), @r#"script: ["<>"]"#);
    let unmatched = "env: {default: x}\nsize: {rules: [{if: '$[[ inputs.env ]] == \"y\"', default: z}]}";
    assert_snapshot!(included("{}", unmatched, "a: {script: ['<$[[ inputs.size ]]>']}").job("a"), @r#"script: ["<>"]"#);
    let circle = "
a: {rules: [{if: '$[[ inputs.b ]]', default: x}]}
b: {rules: [{if: '$[[ inputs.a ]]', default: y}]}";
    assert_snapshot!(included("{}", circle, "a: {script: ['<$[[ inputs.a ]]>']}").job("a"), @r#"script: ["<>"]"#);
}

// §4.8, §18.34
#[test]
fn mistakes_of_input_rules() {
    let check = |rules: &str| included("{}", &format!("x: {{rules: {rules}}}"), "a: {script: x}").check();
    assert_snapshot!(check("[{if: '== 1', default: a}]"), @r#"
    error: invalid expression: `1` is not a value, numbers are written as strings
      --> job.yml:3:26
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      help: write `"1"`
      gitlab: `x` input: if invalid expression syntax
    "#);
    assert_snapshot!(check("[{options: [a]}]"), @r"
    error: a rule of the input `x` with `options` needs a `default` out of them
      --> job.yml:3:17
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: `x` input: rule must define 'options' with at least one value and a 'default'
    ");
    assert_snapshot!(check("[{options: [a], default: b}]"), @r"
    error: `b` is not among the options of the input `x`
      --> job.yml:3:41
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      help: it is one of `a`
      gitlab: `x` input: `b` cannot be used because it is not in the list of allowed options
    ");
    assert_snapshot!(check("[]"), @r"
    error: the input `x` is not given
      --> .gitlab-ci.yml:1:19
      ... job.yml:3:5: declared here, without a default
      help: write `inputs: {x: …}` beside the file
      gitlab: `x` input: required value has not been provided
    ");
    assert_snapshot!(check("{if: x}"), @r"
    error: `rules` takes a list of rules, not a mapping
      --> job.yml:3:16
      ... .gitlab-ci.yml:1:19: `job.yml` is included here
      gitlab: header:spec:inputs:x:rules config should be an array
    ");
}

// §4.8: `include` in a header brings declarations
#[test]
fn declarations_can_be_included() {
    let yaml = "
        spec:
          include: [{local: shared.yml}]
          inputs: {own: {default: o}}
        ---
        a: {script: ['$[[ inputs.own ]] $[[ inputs.shared ]]']}
        ";
    assert_snapshot!(case(yaml).file("shared.yml", "inputs: {shared: {default: s}}").job("a"), @r#"script: ["o s"]"#);
    assert_snapshot!(case(yaml).file("shared.yml", "inputs: {own: }\njobs: {}").check(), @r"
    error: the input `own` is declared twice
      --> shared.yml:1:10
      ... .gitlab-ci.yml:3:12: the first time here
      gitlab: Duplicate input keys found: own. Input keys must be unique across all included files and inline specifications.
    error: `a file of inputs` has no key `jobs`
      --> shared.yml:2:1
      help: `a file of inputs` takes `inputs`
      gitlab: header:spec:include config contains unknown keys: jobs
    ");
}

// §4.8: the root's inputs come from outside
#[test]
fn a_pipeline_takes_inputs() {
    let yaml = "
        spec: {inputs: {env: {options: [dev, prod]}, copies: {type: number, default: 1}}}
        ---
        a: {script: ['$[[ inputs.env ]]'], parallel: '$[[ inputs.copies ]]'}
        ";
    assert_snapshot!(case(yaml).input("env", "prod").input("copies", "2").plan(), @r"
    test: a 1/2
    test: a 2/2
    ");
    assert_snapshot!(case(yaml).check(), @r"
    error: the input `env` is not given
      --> .gitlab-ci.yml:1:17
      help: give it, or give it a `default`
      gitlab: `env` input: required value has not been provided
    ");
    assert_snapshot!(case(yaml).input("env", "test").input("nope", "1").check(), @r"
    error: there is no input `nope`
      gitlab: unknown input arguments: nope
    error: `test` is not among the options of the input `env`
      --> .gitlab-ci.yml:1:17
      help: it is one of `dev` or `prod`
      gitlab: `env` input: `test` cannot be used because it is not in the list of allowed options
    ");
    assert_snapshot!(case("a: {script: x}").input("env", "test").check(), @r"
    error: `.gitlab-ci.yml` declares no inputs
      --> .gitlab-ci.yml:1:1
      help: a file declares inputs in a header: `spec: {inputs: {…}}`, then `---`
      gitlab: Given inputs not defined in the `spec` section of the included configuration file
    ");
    let many = (0..21).fold(case(yaml), |case, number| case.input(&format!("i{number}"), "x"));
    assert!(many.check().contains("There cannot be more than 20 inputs"));
}

// §16.83: the value is written into the expression, quotes are the author's
#[test]
fn a_value_in_a_rule_needs_quotes() {
    let rules = |condition: &str| {
        included(
            "{b: main}",
            "b:",
            &format!("a: {{script: x, rules: [{{if: '{condition}'}}]}}"),
        )
        .check()
    };
    assert_snapshot!(rules("$CI_COMMIT_REF_NAME == $[[ inputs.b ]]"), @r#"
    error: invalid expression: `main` is not a value
      --> job.yml:5:29
      help: write `"main"` for the text, `$main` for a variable
      gitlab: jobs:a:rules:rule if invalid expression syntax
    "#);
    assert_snapshot!(rules("$CI_COMMIT_REF_NAME == \"$[[ inputs.b ]]\""), @"fine");
    assert_snapshot!(case("a: {script: x, rules: [{if: '$X == $[[ inputs.b ]]'}]}").check(), @r"
    error: invalid expression: `$[[ inputs.b ]]` is text in a file that declares no inputs
      --> .gitlab-ci.yml:1:36
      help: declare it in a header: `spec: {inputs: {…}}`, then `---`
      gitlab: jobs:a:rules:rule if invalid expression syntax
    ");
}

// §2.16
#[test]
pub(crate) fn inputs_of_a_job() {
    let yaml = "
        a:
          script: ['deploy ${{ job.inputs.where }} ${{job.inputs.copies}} ${{ job.inputs.list }}', '$HOME ${{ other }}']
          image: registry/${{ job.inputs.where }}
          inputs:
            where: {default: here, options: [here, there], description: d}
            copies: {type: number, default: 2}
            list: {type: array, default: [1, a]}
        ";
    let job = case(yaml).planned_job("a");
    let gantry_language::plan::Work::Build(build) = &job.work else {
        panic!("it has a script");
    };
    let resolved = build.with_default_inputs();
    assert_eq!(resolved.script, ["deploy here 2 [1,\"a\"]", "$HOME ${{ other }}"]);
    assert_eq!(resolved.image.expect("it has one").name, "registry/here");
    assert_snapshot!(case(yaml).job("a"), @r#"
    image: {"name":"registry/${{ job.inputs.where }}"}
    inputs: [{"default":"here","description":"d","name":"where","options":["here","there"],"type":"string"},{"default":2,"name":"copies","type":"number"},{"default":[1,"a"],"name":"list","type":"array"}]
    script: ["deploy ${{ job.inputs.where }} ${{job.inputs.copies}} ${{ job.inputs.list }}","$HOME ${{ other }}"]
    "#);
}

// §2.16
#[test]
pub(crate) fn mistakes_of_job_inputs() {
    let yaml = "
        a: {script: x, inputs: [a]}
        b: {script: x, inputs: {x: {type: number}, y: , z: {default: 1, rules: []}}}
        c: {script: 'echo ${{ job.inputs.whre }}', inputs: {where: {default: here}}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `inputs` takes a mapping, not a list
      --> .gitlab-ci.yml:1:24
      gitlab: jobs:a:inputs config should be a hash
    error: the input `x` of a job needs a `default`
      --> .gitlab-ci.yml:2:25
      gitlab: jobs:b:inputs must have a default value
    error: the input `y` of a job needs a `default`
      --> .gitlab-ci.yml:2:44
      gitlab: jobs:b:inputs must have a default value
    error: `inputs:z` has no key `rules`
      --> .gitlab-ci.yml:2:65
      help: `inputs:z` takes `type`, `default`, `description`, `options` or `regex`
      gitlab: jobs:b:inputs:z config contains unknown keys: rules
    error: `${{ job.inputs.whre }}` names an input that the job does not declare
      --> .gitlab-ci.yml:3:52
      help: did you mean `where`?
    ");
    let many: String = (0..51)
        .map(|number| format!("i{number}: {{default: x}}, "))
        .collect();
    assert!(
        case(&format!("a: {{script: x, inputs: {{{many}}}}}"))
            .check()
            .contains("maximum 50")
    );
}
