//! Making a template fit for minijinja, without touching what it writes or on which line.
//!
//! - `{% generation %}`, with which transformers marks the assistant's words for training, becomes `{% if true %}`.
//! - Every loop and macro begins with a call that watches the deadline. Minijinja's own measure, fuel, is a Cargo feature
//!   that the engine's use of the crate would have to carry too, and counts instructions, not time.
//! - `}}` inside an expression, where dictionaries nest, becomes `} }`: minijinja would end the expression there,
//!   Jinja2 does not.

/// The function that loops and macros call. Templates may not use the name.
pub(super) const TICK: &str = "_tramontane_tick";

/// The prepared template. What is not well-formed is left as it is, for minijinja to complain about.
pub(super) fn prepare(source: &str) -> String {
    let mut prepared = String::with_capacity(source.len() + source.len() / 4);
    let mut rest = source;
    while let Some(start) = rest.find('{') {
        let (text, tag) = rest.split_at(start);
        prepared.push_str(text);
        let taken = match tag.as_bytes().get(1) {
            Some(b'{') => copy_tag(tag, "}}", &mut prepared),
            Some(b'%') => prepare_statement(tag, &mut prepared),
            Some(b'#') => copy(tag, tag.find("#}").map(|end| end + 2), &mut prepared),
            _ => copy(tag, Some(1), &mut prepared),
        };
        rest = &tag[taken..];
    }
    prepared.push_str(rest);
    prepared
}

/// Takes over the first bytes of `tag`, everything when the number is unknown. Returns how many it took.
fn copy(tag: &str, count: Option<usize>, prepared: &mut String) -> usize {
    let count = count.unwrap_or(tag.len());
    prepared.push_str(&tag[..count]);
    count
}

/// Takes over a tag up to the closing mark, which does not count inside strings and braces. Returns how much it took.
fn copy_tag(tag: &str, close: &str, prepared: &mut String) -> usize {
    let (mut quote, mut escaped, mut braces) = (None, false, 0usize);
    prepared.push_str(&tag[..2]);
    for (index, character) in tag.char_indices().skip(2) {
        if quote.is_none() && braces == 0 && tag[index..].starts_with(close) {
            prepared.push_str(close);
            return index + close.len();
        }
        prepared.push(character);
        match (quote, character) {
            (Some(open), _) => {
                if character == open && !escaped {
                    quote = None;
                }
                escaped = character == '\\' && !escaped;
            }
            (None, '\'' | '"') => quote = Some(character),
            (None, '{') => braces += 1,
            (None, '}') if braces > 0 => {
                braces -= 1;
                if tag[index + 1..].starts_with('}') {
                    prepared.push(' ');
                }
            }
            _ => {}
        }
    }
    tag.len()
}

fn prepare_statement(tag: &str, prepared: &mut String) -> usize {
    let name = statement_name(tag);
    if name == "raw" {
        return copy(tag, end_of_raw(tag), prepared);
    }
    let mut statement = String::new();
    let taken = copy_tag(tag, "%}", &mut statement);
    match name {
        "generation" => prepared.push_str(&statement.replacen(name, "if true", 1)),
        "endgeneration" => prepared.push_str(&statement.replacen(name, "endif", 1)),
        "for" | "macro" => match statement.strip_suffix("%}") {
            // The mark that trims what follows moves to the call, so that the call is not what follows.
            Some(opened) => {
                let kept = opened.strip_suffix(['-', '+']).unwrap_or(opened);
                let mark = &opened[kept.len()..];
                prepared.push_str(&format!("{kept}%}}{{% do {TICK}() {mark}%}}"));
            }
            None => prepared.push_str(&statement),
        },
        _ => prepared.push_str(&statement),
    }
    taken
}

/// The first word of a statement: `for` of `{%- for x in y %}`.
fn statement_name(tag: &str) -> &str {
    let inside = &tag[2..];
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside).trim_start();
    let end = inside.find(|character: char| !character.is_alphanumeric() && character != '_');
    &inside[..end.unwrap_or(inside.len())]
}

/// Where the block ends that begins with `{% raw %}` and is not to be read.
fn end_of_raw(tag: &str) -> Option<usize> {
    let mut start = 2;
    loop {
        start += tag[start..].find("{%")?;
        if statement_name(&tag[start..]) == "endraw" {
            return Some(start + tag[start..].find("%}")? + 2);
        }
        start += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn loops_and_macros_begin_with_the_call() {
        assert_eq!(prepare("{% for m in n %}\nx"), "{% for m in n %}{% do _tramontane_tick() %}\nx");
        assert_eq!(prepare("{%- for m in n -%}\nx"), "{%- for m in n %}{% do _tramontane_tick() -%}\nx");
        assert_eq!(prepare("{%+macro f(a) +%}\nx"), "{%+macro f(a) %}{% do _tramontane_tick() +%}\nx");
    }

    #[test]
    fn generation_marks_become_conditions() {
        assert_eq!(prepare("{%- generation -%} a {%+endgeneration%}"), "{%- if true -%} a {%+endif%}");
    }

    #[test]
    fn nested_braces_are_set_apart() {
        assert_eq!(prepare("{{ {'a': {'}}': {}}} }}"), "{{ {'a': {'}}': {} } } }}");
        assert_eq!(prepare("{{{'a': {}}}} }}"), "{{{'a': {} } }} }}");
    }

    #[test]
    fn all_else_is_left_alone() {
        for source in [
            "",
            "{",
            "{{",
            "{%",
            "{#",
            "a } b { c %} d",
            "{# {% for x in y %} #}{{ '{% for x in y %}' }}",
            "{{ 'it\\'s }} {% generation %}' }}",
            "{% raw %}{% for x in y %}{{ }}{%- endraw -%}{% if x == '%}' %}é",
            "{% raw %}{% for x in y %}",
            "{% forest %}{% set generation = 1 %}{{ generation }}",
            "{% for x in",
        ] {
            assert_eq!(prepare(source), source);
        }
    }
}
