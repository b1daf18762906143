//! `WIREDESK_SECTION_FIELD` wins over the file. The sample file is the list of fields, and of their types.

use std::collections::BTreeMap;

use super::{SAMPLE, SettingsError, near::nearest};

const PREFIX: &str = "WIREDESK_";
/// Further librdkafka settings: `WIREDESK_KAFKA_CLIENT_SASL_PASSWORD` is `sasl.password`.
const CLIENT: &str = "WIREDESK_KAFKA_CLIENT_";
/// Read by the command line itself.
const NOT_SETTINGS: [&str; 1] = ["WIREDESK_CONFIG"];

/// The variable of a client setting.
pub(super) fn client_variable(name: &str) -> String {
    format!("{CLIENT}{}", name.to_uppercase().replace('.', "_"))
}

/// Puts the variables into the table.
pub(super) fn apply(table: &mut toml::Table, environment: &BTreeMap<String, String>) -> Result<(), SettingsError> {
    let sample: toml::Table =
        SAMPLE.parse().map_err(|_| SettingsError("the built-in sample cannot be read".to_owned()))?;
    let fields = fields(&sample);
    for (variable, text) in environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        if NOT_SETTINGS.contains(&variable.as_str()) {
            continue;
        }
        if let Some(name) = variable.strip_prefix(CLIENT) {
            let name = name.to_lowercase().replace('_', ".");
            set(table, &["kafka", "client"], &name, toml::Value::String(text.clone()));
            continue;
        }
        let Some((path, example)) = fields.get(variable) else {
            let near = nearest(variable, fields.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return Err(SettingsError(format!("the environment sets {variable}, which is no setting{hint}")));
        };
        let value = typed(variable, text, example)?;
        match path.as_slice() {
            [field] => set(table, &[], field, value),
            [section, field] => set(table, &[section.as_str()], field, value),
            _ => {}
        }
    }
    Ok(())
}

/// Every field of the sample by its variable, with its path and its value there.
fn fields(sample: &toml::Table) -> BTreeMap<String, (Vec<String>, toml::Value)> {
    let mut fields = BTreeMap::new();
    let mut add = |path: Vec<String>, value: &toml::Value| {
        let variable = format!("{PREFIX}{}", path.join("_").to_uppercase());
        fields.insert(variable, (path, value.clone()));
    };
    for (name, value) in sample {
        match value {
            toml::Value::Table(section) => {
                for (field, value) in section.iter().filter(|(_, value)| !value.is_table()) {
                    add(vec![name.clone(), field.clone()], value);
                }
            }
            // A list of tables, such as that of the feeds, does not fit into a variable.
            toml::Value::Array(_) => {}
            _ => add(vec![name.clone()], value),
        }
    }
    fields
}

fn typed(variable: &str, text: &str, example: &toml::Value) -> Result<toml::Value, SettingsError> {
    let wrong = |must: &str| SettingsError(format!("{variable} must be {must}, not {text:?}"));
    Ok(match example {
        toml::Value::Integer(_) => toml::Value::Integer(text.trim().parse().map_err(|_| wrong("a whole number"))?),
        toml::Value::Boolean(_) => toml::Value::Boolean(text.trim().parse().map_err(|_| wrong("true or false"))?),
        // Several, parted by commas.
        toml::Value::Array(examples) => {
            let number = matches!(examples.first(), Some(toml::Value::Integer(_)));
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            let one = |part: &str| match number {
                true => part.parse().map(toml::Value::Integer).map_err(|_| wrong("whole numbers parted by commas")),
                false => Ok(toml::Value::String(part.to_owned())),
            };
            toml::Value::Array(parts.map(one).collect::<Result<_, _>>()?)
        }
        _ => toml::Value::String(text.to_owned()),
    })
}

fn set(table: &mut toml::Table, sections: &[&str], field: &str, value: toml::Value) {
    let mut at = table;
    for section in sections {
        let entry = at.entry(*section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let toml::Value::Table(inner) = entry else { return };
        at = inner;
    }
    at.insert(field.to_owned(), value);
}
