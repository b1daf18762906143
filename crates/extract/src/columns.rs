//! What is measured of blocks, column by column: the forests ask about one column after another, and about many blocks
//! side by side. Columns have names: an enum to write them, and a list for the trainer in the same order.

/// Declares the columns of one part of a row as `Feature` and `NAMES`.
macro_rules! columns {
    ($($name:ident,)*) => {
        /// A measured property of a block.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(non_camel_case_types, reason = "the names are those in the table of weights")]
        enum Feature { $($name,)* }

        impl From<Feature> for usize {
            fn from(feature: Feature) -> usize {
                feature as usize
            }
        }

        /// Their names, in the order of a row.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}

pub(crate) use columns;

/// Rows that stand side by side when they are judged.
pub(crate) const LANES: usize = 32;

/// A set of columns.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted([u64; 4]);

impl Wanted {
    pub(crate) const ALL: Self = Self([u64::MAX; 4]);

    pub(crate) fn add(&mut self, column: usize) {
        if let Some(bits) = self.0.get_mut(column / 64) {
            *bits |= 1 << (column % 64);
        }
    }

    pub(crate) fn has(&self, column: usize) -> bool {
        self.0.get(column / 64).is_some_and(|bits| bits >> (column % 64) & 1 == 1)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }
}

/// Rows, of which the wanted columns are kept.
#[derive(Debug)]
pub(crate) struct Rows {
    wanted: Wanted,
    count: usize,
    /// Where the values of each column begin, if it was measured. Behind those of the last row stand copies of them, as many
    /// as make the rows a multiple of [`LANES`].
    places: Vec<Option<usize>>,
    values: Vec<f32>,
}

impl Rows {
    /// Rows in which nothing was measured yet.
    pub(crate) fn new(count: usize, columns: usize, wanted: Wanted) -> Self {
        let kept = (0..columns).filter(|column| wanted.has(*column)).count();
        let values = Vec::with_capacity(kept * count.next_multiple_of(LANES));
        Self { wanted, count, places: vec![None; columns], values }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The columns that begin with this one.
    pub(crate) fn part(&mut self, first: usize) -> Part<'_> {
        Part { rows: self, first }
    }

    fn set(&mut self, column: usize, value: impl FnMut(usize) -> f32) {
        if !self.wanted.has(column) {
            return;
        }
        let place = self.values.len();
        self.values.extend((0..self.count).map(value));
        let last = self.values.last().copied().unwrap_or_default();
        self.values.resize(place + self.count.next_multiple_of(LANES), last);
        self.places[column] = Some(place);
    }

    /// A column's values for [`LANES`] rows from the one numbered `first` on; zeros if it was not measured.
    pub(crate) fn lanes(&self, column: usize, first: usize) -> &[f32; LANES] {
        let place = self.places.get(column).copied().flatten();
        place.and_then(|place| self.values.get(place + first..)?.first_chunk()).unwrap_or(&[0.0; LANES])
    }

    /// One value; zero if its column was not measured.
    pub(crate) fn value(&self, row: usize, column: usize) -> f32 {
        let place = self.places.get(column).copied().flatten();
        place.and_then(|place| self.values.get(place + row)).copied().unwrap_or_default()
    }

    /// All values, row by row.
    pub(crate) fn by_row(&self) -> Vec<f32> {
        let columns = 0..self.places.len();
        (0..self.count).flat_map(|row| columns.clone().map(move |column| self.value(row, column))).collect()
    }
}

/// Some columns in a row of rows.
pub(crate) struct Part<'r> {
    rows: &'r mut Rows,
    first: usize,
}

impl Part<'_> {
    /// Measures a property of all blocks, if it is wanted.
    pub(crate) fn set(&mut self, column: impl Into<usize>, value: impl FnMut(usize) -> f32) {
        self.rows.set(self.first + column.into(), value);
    }
}
