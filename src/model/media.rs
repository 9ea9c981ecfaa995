//! Media types of manifests.

/// The media types of image indexes: lists of other images, whose size repeats that of the largest of them.
pub const INDEX_TYPES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

/// Whether a manifest of that media type is an image index.
pub fn is_index(media_type: Option<&str>) -> bool {
    media_type.is_some_and(|media_type| INDEX_TYPES.contains(&media_type))
}
