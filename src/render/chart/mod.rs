//! stub
#![allow(missing_docs)]
use crate::stats::Sample;
#[derive(Debug)]
pub enum ChartError {}
impl std::fmt::Display for ChartError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
pub struct Series<'a> {
    pub name: &'a str,
    pub sample: &'a Sample,
}
pub struct Panel<'a> {
    pub title: &'a str,
    pub series: Vec<Series<'a>>,
}
pub struct Bar<'a> {
    pub series: &'a str,
    pub quantile: &'a str,
    pub parts_ms: Vec<f64>,
}
pub fn quantile_curves(_: &str, _: &[Series<'_>]) -> Result<String, ChartError> {
    Ok(String::new())
}
pub fn distributions(_: &str, _: &[Panel<'_>]) -> Result<String, ChartError> {
    Ok(String::new())
}
pub fn phases(_: &[&str], _: &[Bar<'_>]) -> Result<String, ChartError> {
    Ok(String::new())
}
