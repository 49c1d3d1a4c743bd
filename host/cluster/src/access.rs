//! Who somebody is, and whether they may: what the API server says of a token and of a right.

use innkeeper_core::names::GROUP;
use innkeeper_core::reconciler::PLURAL;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::Api;
use kube::api::PostParams;

use crate::cluster::Cluster;

/// Somebody whom the API server knows.
#[derive(Clone, Debug)]
pub struct User {
    /// Their name.
    pub name: String,
    info: UserInfo,
}

impl Cluster {
    /// Whose token that is, or why it is nobody's (TokenReview). The outer error is that nobody answered.
    pub async fn review_token(&self, token: &str) -> Result<Result<User, String>, String> {
        let spec = TokenReviewSpec { token: token.to_owned(), ..TokenReviewSpec::default() };
        let review = TokenReview { spec, ..TokenReview::default() };
        let api: Api<TokenReview> = Api::all(self.client().clone());
        let answer = api.create(&PostParams::default(), &review).await.map_err(|error| error.to_string())?;
        let status = answer.status.unwrap_or_default();
        if status.authenticated != Some(true) {
            return Ok(Err(status.error.unwrap_or_else(|| "it is nobody's, or no longer valid".to_owned())));
        }
        let info = status.user.unwrap_or_default();
        Ok(Ok(User { name: info.username.clone().unwrap_or_default(), info }))
    }

    /// Whether somebody may update the module of that Reconciler (SubjectAccessReview on `reconcilers/module`).
    pub async fn may_push(&self, user: &User, reconciler: &str) -> Result<bool, String> {
        let attributes = ResourceAttributes {
            group: Some(GROUP.to_owned()),
            resource: Some(PLURAL.to_owned()),
            subresource: Some("module".to_owned()),
            verb: Some("update".to_owned()),
            name: Some(reconciler.to_owned()),
            ..ResourceAttributes::default()
        };
        let UserInfo { username, uid, groups, extra } = user.info.clone();
        let spec = SubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            user: username,
            uid,
            groups,
            extra,
            ..SubjectAccessReviewSpec::default()
        };
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        let api: Api<SubjectAccessReview> = Api::all(self.client().clone());
        let answer = api.create(&PostParams::default(), &review).await.map_err(|error| error.to_string())?;
        Ok(answer.status.is_some_and(|status| status.allowed && status.denied != Some(true)))
    }
}
