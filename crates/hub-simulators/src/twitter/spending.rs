//! Credits: what the operator pays for, told apart from what a person may do.

use super::limits::Bucket;
use super::problem::Problem;

/// How the app's account stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Spending {
    /// There are credits.
    #[default]
    Fine,
    /// There are none: 402.
    CreditsDepleted,
    /// The cap the operator set is reached until a day: 403.
    CapReached {
        /// `YYYY-MM-DD`.
        reset_date: String,
    },
    /// The month's allowance is used up: 429.
    UsageCapped,
}

impl Spending {
    /// Why a call is not done, where it costs something.
    pub(super) fn refusal(&self, bucket: Bucket) -> Option<Problem> {
        let costs = matches!(bucket, Bucket::Me | Bucket::Users | Bucket::DmRead | Bucket::DmSend | Bucket::DmDelete);
        if !costs {
            return None;
        }
        match self {
            Self::Fine => None,
            Self::CreditsDepleted => {
                let words =
                    "Your enrolled account [2036532529868496897] does not have any credits to fulfill this request.";
                let mut problem = Problem::typed(402, "credits", "CreditsDepleted", words);
                problem.body["account_id"] = 2_036_532_529_868_496_897_u64.into();
                Some(problem)
            }
            Self::CapReached { reset_date } => {
                let words = "Your enrolled account has reached its billing cycle spend cap.";
                let mut problem = Problem::typed(403, "credits", "SpendCapReached", words);
                problem.body["reset_date"] = reset_date.as_str().into();
                Some(problem)
            }
            Self::UsageCapped => {
                let mut problem =
                    Problem::typed(429, "usage-capped", "UsageCapExceeded", "Usage cap exceeded: Monthly product cap");
                problem.body["period"] = "Monthly".into();
                problem.body["scope"] = "Product".into();
                Some(problem)
            }
        }
    }
}
