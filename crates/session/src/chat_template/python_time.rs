//! `strftime_now`, with which templates tell the model what day it is.

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Python's `datetime.strftime` in the C locale. Unknown directives are left as they are.
///
/// In UTC, where transformers takes local time: the standard library knows no time zones, and a template that renders
/// alike everywhere is worth more than the hours around midnight.
pub(super) fn strftime(format: &str, time: SystemTime) -> String {
    let moment = Moment::new(time);
    let mut text = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        match characters.next() {
            // As the C libraries of Linux and macOS have it: without leading zeros.
            Some('-') => match characters.next() {
                Some(directive) => {
                    let padded = moment.directive(directive);
                    let trimmed = padded.trim_start_matches(['0', ' ']);
                    text.push_str(if trimmed.is_empty() && !padded.is_empty() { "0" } else { trimmed });
                }
                None => text.push_str("%-"),
            },
            Some(directive) => text.push_str(&moment.directive(directive)),
            None => text.push('%'),
        }
    }
    text
}

struct Moment {
    year: i64,
    /// From 0.
    month: usize,
    day: i64,
    /// From 0, for the first of January.
    day_of_year: i64,
    /// From 0, for Sunday.
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: u32,
}

impl Moment {
    fn new(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = since.as_secs() as i64;
        let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
        let mut year = 1970;
        let mut day_of_year = days;
        // A few dozen rounds, unless the clock is far off; then it stops somewhere.
        while day_of_year >= days_of(year) && year < 10_000 {
            day_of_year -= days_of(year);
            year += 1;
        }
        let mut month = 0;
        let mut day = day_of_year;
        while month < 11 && day >= days_of_month(year, month) {
            day -= days_of_month(year, month);
            month += 1;
        }
        Self {
            year,
            month,
            day: day + 1,
            day_of_year,
            // The first of January 1970 was a Thursday.
            weekday: ((days + 4) % 7) as usize,
            hour: second_of_day / 3600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
            microsecond: since.subsec_micros(),
        }
    }

    fn directive(&self, directive: char) -> String {
        let number = |value: i64| format!("{value:02}");
        let short = |name: &str| name[..3].to_owned();
        match directive {
            'Y' => self.year.to_string(),
            'y' => number(self.year % 100),
            'm' => number(self.month as i64 + 1),
            'B' => MONTHS[self.month].to_owned(),
            'b' | 'h' => short(MONTHS[self.month]),
            'd' => number(self.day),
            'e' => format!("{:2}", self.day),
            'j' => format!("{:03}", self.day_of_year + 1),
            'A' => WEEKDAYS[self.weekday].to_owned(),
            'a' => short(WEEKDAYS[self.weekday]),
            'w' => self.weekday.to_string(),
            'u' => (if self.weekday == 0 { 7 } else { self.weekday }).to_string(),
            'H' => number(self.hour),
            'I' => number((self.hour + 11) % 12 + 1),
            'p' => (if self.hour < 12 { "AM" } else { "PM" }).to_owned(),
            'M' => number(self.minute),
            'S' => number(self.second),
            'f' => format!("{:06}", self.microsecond),
            // A Python datetime without a time zone prints none.
            'z' | 'Z' => String::new(),
            'F' => self.all("Ymd", '-'),
            'T' | 'X' => self.all("HMS", ':'),
            'R' => self.all("HM", ':'),
            'D' | 'x' => self.all("mdy", '/'),
            'c' => format!("{} {} {} {}", self.all("ab", ' '), self.directive('e'), self.directive('T'), self.year),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            unknown => format!("%{unknown}"),
        }
    }

    fn all(&self, directives: &str, separator: char) -> String {
        let texts: Vec<String> = directives.chars().map(|directive| self.directive(directive)).collect();
        texts.join(&separator.to_string())
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: usize) -> i64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64, format: &str) -> String {
        strftime(format, UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn dates_are_right_in_leap_years_and_others() {
        assert_eq!(at(0, "%Y-%m-%d %H:%M:%S %A %j"), "1970-01-01 00:00:00 Thursday 001");
        assert_eq!(at(951_782_400, "%d %b %Y, %a"), "29 Feb 2000, Tue");
        assert_eq!(at(1_735_689_599, "%F %T %j"), "2024-12-31 23:59:59 366");
        assert_eq!(at(1_735_689_600, "%B %-d, %Y %I %p"), "January 1, 2025 12 AM");
        assert_eq!(at(4_102_444_800, "%x %c"), "01/01/00 Fri Jan  1 00:00:00 2100");
    }

    #[test]
    fn the_rest_is_left_as_it_is() {
        assert_eq!(at(0, "100%% é %Q % %-H %"), "100% é %Q % 0 %");
        assert_eq!(at(u64::MAX >> 2, "%Y").len(), 5);
    }
}
