//! The client half: what the AWS CLI does around a call, v1 and v2.

pub mod params;
