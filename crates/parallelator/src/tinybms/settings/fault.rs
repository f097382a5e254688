//! What is wrong with a file of settings.

use std::{fmt, path::PathBuf};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// Line, counted from 1.
    pub line: usize,
    /// The key.
    pub field: String,
    /// What would be right.
    pub problem: String,
}

/// Everything that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFaults {
    /// The file.
    pub path: PathBuf,
    /// In the order of its lines.
    pub faults: Vec<FileFault>,
}

impl fmt::Display for FileFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.path.display();
        let (count, plural) = (
            self.faults.len(),
            if self.faults.len() == 1 { "" } else { "s" },
        );
        write!(
            f,
            "the settings file {file} has {count} error{plural}, nothing was written:"
        )?;
        for FileFault {
            line,
            field,
            problem,
        } in &self.faults
        {
            write!(f, "\n{file}:{line}: {field}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FileFaults {}
