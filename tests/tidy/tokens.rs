//! Rust as a list of words: enough of it to see who names whom, and how long things are.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Calls `visit` with every list of tokens in the file, the innermost too, and the modules it stands in.
pub(crate) fn walk(tokens: TokenStream, modules: &[String], visit: &mut impl FnMut(&[TokenTree], &[String])) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    visit(&tokens, modules);
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let mut inside = modules.to_vec();
            if group.delimiter() == Delimiter::Brace && at >= 2 && is_word(&tokens[at - 2], "mod") {
                inside.push(tokens[at - 1].to_string());
            }
            walk(group.stream(), &inside, visit);
        }
    }
}

pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Whether `::` stands at this place.
pub(crate) fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

pub(crate) fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// The first words of what stands behind a `::`: one word, or the first of each entry between braces.
pub(crate) fn first_words(token: Option<&TokenTree>) -> Vec<String> {
    let entries = |group: &Group| {
        let tokens: Vec<_> = group.stream().into_iter().collect();
        let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        tokens
            .split(is_comma)
            .filter_map(|entry| entry.first().map(TokenTree::to_string))
            .collect()
    };
    match token {
        Some(TokenTree::Group(group)) => entries(group),
        Some(token) => vec![token.to_string()],
        None => Vec::new(),
    }
}

/// The modules of the crate that paths in this list of tokens lead to, and their lines.
pub(crate) fn imports(tokens: &[TokenTree], modules: &[String]) -> Vec<(usize, String)> {
    let mut imports = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = &tokens[at];
        if is_word(start, "crate") && is_path_separator(tokens, at + 1) {
            let words = first_words(tokens.get(at + 3));
            imports.extend(words.into_iter().map(|word| (line(start), word)));
        } else if is_word(start, "super") {
            let mut levels = 1;
            while is_path_separator(tokens, at + 1)
                && tokens.get(at + 3).is_some_and(|next| is_word(next, "super"))
            {
                levels += 1;
                at += 3;
            }
            if levels >= modules.len() && is_path_separator(tokens, at + 1) {
                let words = first_words(tokens.get(at + 3));
                imports.extend(words.into_iter().map(|word| (line(start), word)));
            }
        }
        at += 1;
    }
    imports
}

/// The functions that begin in this list of tokens: name, line, and lines of the body.
pub(crate) fn functions(tokens: &[TokenTree]) -> Vec<(String, usize, usize)> {
    let mut functions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else {
            continue;
        };
        if !is_word(token, "fn") {
            continue;
        }
        // The body is the first pair of braces that does not end a generic argument.
        let body = (at + 2..tokens.len()).find_map(|at| match (&tokens[at], tokens.get(at + 1)) {
            (_, Some(TokenTree::Punct(next))) if matches!(next.as_char(), '>' | ',') => None,
            (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Brace => Some(group),
            _ => None,
        });
        if let Some(body) = body {
            let lines = body
                .span_close()
                .start()
                .line
                .saturating_sub(body.span_open().start().line + 1);
            functions.push((name.to_string(), line(token), lines));
        }
    }
    functions
}
