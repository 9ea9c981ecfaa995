//! The members of a detail by name, and sets of them.
//!
//! A set says which members a reader needs, so that the others are neither read nor built.

/// Defines [`Member`] from its variants and their names.
macro_rules! members {
    ($($variant:ident = $name:literal,)*) => {
        /// A member that the model of the API has, in the model's order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Member {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Member {
            /// All of them, in the order in which they are shown.
            pub const ALL: [Member; [$(Member::$variant),*].len()] = [$(Member::$variant),*];

            /// Its name in a page.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Member::$variant => $name,)*
                }
            }

            /// What a page that is read is expected to have there, if the member is a string.
            pub const fn is_a_string(self) -> &'static str {
                match self {
                    $(Member::$variant => concat!($name, " to be a string"),)*
                }
            }

            /// The member of that name.
            pub fn named(name: &str) -> Option<Member> {
                match name {
                    $($name => Some(Member::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

members! {
    RegistryId = "registryId",
    RepositoryName = "repositoryName",
    ImageDigest = "imageDigest",
    ImageTags = "imageTags",
    ImageSizeInBytes = "imageSizeInBytes",
    ImagePushedAt = "imagePushedAt",
    ImageScanStatus = "imageScanStatus",
    ImageScanFindingsSummary = "imageScanFindingsSummary",
    ImageManifestMediaType = "imageManifestMediaType",
    ArtifactMediaType = "artifactMediaType",
    LastRecordedPullTime = "lastRecordedPullTime",
    SubjectManifestDigest = "subjectManifestDigest",
    ImageStatus = "imageStatus",
    LastArchivedAt = "lastArchivedAt",
    LastActivatedAt = "lastActivatedAt",
}

impl Member {
    /// The member of that name in any spelling: `imageDigest`, `ImageDigest`, `image_digest`.
    pub fn spelled(name: &str) -> Option<Member> {
        Member::ALL.into_iter().find(|member| is_spelling_of(name, member.name()))
    }
}

/// Whether `spelling` is `name` without regard to the case of ASCII letters and to `_`: SDKs and tools
/// write `imageDigest` also as `ImageDigest` and `image_digest`. `name` itself has no `_`.
pub fn is_spelling_of(spelling: &str, name: &str) -> bool {
    let letters = spelling.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    letters.eq(name.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// A set of members. Those that the model does not have count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Members(u32);

/// The place of the members that the model does not have, behind those that it has.
const UNKNOWN: u32 = 1 << Member::ALL.len();

impl Members {
    /// Every member.
    pub const ALL: Members = Members(u32::MAX);
    /// No member.
    pub const NONE: Members = Members(0);

    /// The set of the members with these names.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let place = |name| Member::named(name).map_or(UNKNOWN, |member| 1 << member as u32);
        Members(names.into_iter().map(place).fold(0, |set, place| set | place))
    }

    /// The set with that member.
    #[must_use]
    pub const fn with(self, member: Member) -> Self {
        Members(self.0 | 1 << member as u32)
    }

    /// Whether the set has that member.
    pub const fn has(self, member: Member) -> bool {
        self.0 & (1 << member as u32) != 0
    }

    /// Whether the set has members that the model does not have.
    pub const fn has_unknown(self) -> bool {
        self.0 & UNKNOWN != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Member, Members};

    #[test]
    fn case_and_underscores_do_not_matter() {
        for member in Member::ALL {
            let name = member.name();
            let snake: String =
                name.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c])).collect();
            for spelling in [name, &name.to_lowercase(), &name.to_uppercase(), &snake, &snake.to_lowercase()] {
                assert_eq!(Member::spelled(spelling), Some(member), "{spelling}");
            }
            for other in [&name[1..], &format!("{name}s"), &format!("{name}-"), "", "_"] {
                assert_eq!(Member::spelled(other), None, "{other}");
            }
        }
    }

    #[test]
    fn a_member_is_found_by_its_name_and_in_its_place() {
        for (place, member) in Member::ALL.into_iter().enumerate() {
            assert_eq!(member as usize, place);
            assert_eq!(Member::named(member.name()), Some(member));
            let only = Members::named([member.name()]);
            assert!(Member::ALL.into_iter().all(|other| only.has(other) == (other == member)));
            assert_eq!(Members::NONE.with(member), only);
            assert!(!only.has_unknown() && Members::ALL.has(member) && !Members::NONE.has(member));
        }
        assert_eq!(Member::named("imagedigest"), None);
        assert!(Members::named(["futureMember"]).has_unknown() && Members::ALL.has_unknown());
    }
}
