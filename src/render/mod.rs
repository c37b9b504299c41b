//! Floor 9: results become bytes. No arithmetic here beyond scaling units, and each dialect
//! escapes for itself what came from a log.

pub mod chart;

mod adjusted;
mod aligned;
mod answer;
mod bars;
mod baselines;
mod clients;
mod composition;
mod control;
mod cost;
mod csv;
mod dashboard;
mod dashboard_grid;
mod dashboard_text;
mod digits;
mod drive;
mod export;
mod fan_out;
mod figures;
mod gates;
mod html;
mod inspection;
mod json;
mod json_shared;
mod json_what_if;
mod limits;
mod markdown;
mod page;
mod path;
mod path_words;
mod plan;
mod ranking;
mod report;
mod report_json;
mod result;
mod scale;
mod sections;
mod several_limits;
mod slowest;
mod stored_report;
mod summary;
mod table;
mod terminal;
mod token_speed;
mod typical;
mod what_if;
mod where_time_goes;

pub use answer::brief;
pub use baselines::{SavedRow, baselines_table, saved_line};
pub use csv::summary_csv;
pub use dashboard::{ApiView, DashboardView, dashboard_json};
pub use drive::{DriveView, drive_text};
pub use export::{export_csv, export_ndjson};
pub use figures::{Figure, Figures};
pub use gates::{
    CheckView, check_json, check_junit, check_text, gate_lines, github_annotations, github_summary,
};
pub use inspection::inspection;
pub use json::summary_json;
pub use page::Page;
pub use plan::{Basis, PlanView, plan_json, plan_text};
pub use ranking::{RankingView, ranking_brief, ranking_json, ranking_page};
pub use report::{ReportView, report_page};
pub use report_json::report_json;
pub use result::{query_list, result_csv, result_json, result_table};
pub use stored_report::{StoredReport, StoredReportError};
pub use summary::{SummaryView, shown_time, summary_markdown, summary_terminal};
pub use terminal::Style;
pub use what_if::WhatIfView;
