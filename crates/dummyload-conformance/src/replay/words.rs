//! Where the value of a placeholder comes from.

use super::json::Json;
use super::jwt::{self, KeyRule};
use super::play::{Play, done};
use super::wire::Call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl Play<'_> {
    /// Finds out what a placeholder stands for.
    ///
    /// # Errors
    /// Nothing is known of it.
    pub(super) async fn resolve(&mut self, name: &str) -> Result<(), String> {
        if self.names.word(name).is_some() {
            return Ok(());
        }
        let (kind, whose) = name.split_once(':').unwrap_or((name, ""));
        if kind.ends_with("password") {
            let value = self.password(kind, whose);
            self.names.set_word(name, &value);
            return Ok(());
        }
        if let Some(fact) = self.scenario.tokens.get(name).filter(|fact| fact.own) {
            let (header, payload) = (fact.header.clone(), fact.payload.clone());
            let payload = self.names.outgoing(self.rules, &payload, self.fit.clock);
            let token = self.signed(whose, &header, &payload);
            self.names.set_word(name, &token);
            return Ok(());
        }
        match (kind, spelling(whose)) {
            ("token" | "refresh", Some((base, change))) => {
                let base = format!("{kind}:{base}");
                // One step only: what a changed token is made of is none itself.
                Box::pin(self.resolve(&base)).await?;
                let changed = change(self.names.word(&base).unwrap_or_default());
                self.names.set_word(name, &changed);
                Ok(())
            }
            ("token" | "refresh", None) => self.log_in_again(whose).await,
            _ => Err(format!("this needs <{name}>, of which nothing is known; give it with --word '{name}=...'")),
        }
    }

    /// A password: what the world has, or else one that is always the same.
    fn password(&self, kind: &str, whose: &str) -> String {
        let login = self.rules.login_of(whose);
        match self.server.passwords.get(login).filter(|_| kind == "password") {
            Some(password) => password.clone(),
            None => format!("{}-of-{}", kind.replace(' ', "-"), if login.is_empty() { "nobody" } else { login }),
        }
    }

    /// Signed as the name of the token says.
    fn signed(&self, name: &str, header: &str, payload: &str) -> String {
        let (secret, rule) = (self.server.secret.as_str(), self.rules.jwt.key);
        if name.contains("other secret") {
            jwt::sign(header, payload, &format!("not {secret}"), rule)
        } else if name.contains("raw bytes of the secret") {
            jwt::sign(header, payload, secret, KeyRule::Bytes)
        } else {
            jwt::sign(header, payload, secret, rule)
        }
    }

    /// `ann#2` is a further token of ann's, which an unrecorded login has given.
    async fn log_in_again(&mut self, whose: &str) -> Result<(), String> {
        let user = whose.split('#').next().unwrap_or_default();
        let tokens = self.login(user).await?;
        self.names.set_word(&format!("token:{whose}"), &tokens.0);
        if let Some(refresh) = tokens.1 {
            self.names.set_word(&format!("refresh:{whose}"), &refresh);
        }
        Ok(())
    }

    /// Logs in by the call that the rules name. The first time it also tells what the plain placeholders stand for.
    pub(super) async fn login(&mut self, user: &str) -> Result<(String, Option<String>), String> {
        let missing = "the rules say nothing of a `login`, so there are no tokens";
        let rules = self.rules.login.as_ref().ok_or(missing)?;
        let login = self.rules.login_of(user).to_owned();
        let password = self.password("password", user);
        let json = |text: &str| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        let basic = STANDARD.encode(format!("{login}:{password}"));
        let fill = |text: &str| {
            text.replace("{login}", &json(&login)).replace("{password}", &json(&password)).replace("{basic}", &basic)
        };
        let call = Call {
            base: self.server.base_of("auth").to_owned(),
            method: rules.method.clone(),
            path: fill(&rules.path),
            headers: rules.headers.iter().map(|(name, value)| (name.clone(), fill(value))).collect(),
            body: (!rules.body.is_empty()).then(|| fill(&rules.body)),
        };
        let reply = self.begin(call).await?;
        let reply = done(self.most(), reply).await.map_err(|why| format!("{login} cannot log in: {why}"))?;
        let answer = Json::parse(&reply.body);
        let at = |pointer: &str| answer.as_ref()?.at(pointer)?.text().map(str::to_owned);
        let token = at(&rules.token)
            .ok_or_else(|| format!("{login} cannot log in: the answer is {} {}", reply.status, reply.body))?;
        let refresh = rules.refresh.as_ref().and_then(|pointer| at(pointer));
        let alias = self.rules.login.iter().flat_map(|rules| &rules.names).find(|(_, other)| **other == login);
        for name in [Some(&login), alias.map(|(name, _)| name)].into_iter().flatten() {
            for (kind, value) in [("token", Some(&token)), ("refresh", refresh.as_ref())] {
                let word = format!("{kind}:{name}");
                if let Some(value) = value.filter(|_| self.names.word(&word).is_none()) {
                    self.names.set_word(&word, value);
                }
            }
        }
        Ok((token, refresh))
    }
}

/// How a token is spelt in another way.
type Change = fn(&str) -> String;

/// A token that is spelt in another way than it was given: whose it is, and how it is changed.
fn spelling(whose: &str) -> Option<(&str, Change)> {
    let changes: [(&str, Change); 4] = [
        (" with another signature", |token| {
            let (rest, last) = token.split_at(token.len().saturating_sub(6));
            let swapped: String = last.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
            format!("{rest}{swapped}")
        }),
        (" without signature", |token| {
            token.rsplit_once('.').map_or_else(|| token.to_owned(), |(rest, _)| format!("{rest}."))
        }),
        (", in lower case", |token| token.to_lowercase()),
        (", first character percent-encoded", |token| {
            let mut bytes = token.bytes();
            let first = bytes.next().map(|first| format!("%{first:02X}")).unwrap_or_default();
            first + token.get(1..).unwrap_or_default()
        }),
    ];
    changes.into_iter().find_map(|(ending, change)| Some((whose.strip_suffix(ending)?, change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_spelt_in_other_ways() {
        let changed = |whose: &str| {
            let (base, change) = spelling(whose).unwrap();
            (base.to_owned(), change("Aa.bb.ccccccAA"))
        };
        assert_eq!(changed("ann with another signature"), ("ann".into(), "Aa.bb.ccAAAABB".into()));
        assert_eq!(changed("ann without signature"), ("ann".into(), "Aa.bb.".into()));
        assert_eq!(changed("john, in lower case"), ("john".into(), "aa.bb.ccccccaa".into()));
        assert_eq!(changed("john, first character percent-encoded"), ("john".into(), "%41a.bb.ccccccAA".into()));
        assert!(spelling("ann#2").is_none() && spelling("admin, network 2 only").is_none());
    }
}
