//! Saved output that looks like `describe-images` and is not: named, with what to do instead.

/// Bytes of a text that are enough to tell.
pub(crate) const ENOUGH: usize = 4096;

/// What an object with this member is, where it is the output of another command.
pub(crate) fn by_member(member: &str) -> Option<&'static str> {
    Some(match member {
        "Images" => {
            "this is what `aws ec2 describe-images` prints (machine images); save `aws ecr describe-images` instead"
        }
        "imageIds" => "this is what `aws ecr list-images` prints: ids alone; save `aws ecr describe-images` instead",
        "imageTagDetails" => {
            "this is what `aws ecr-public describe-image-tags` prints; save `aws ecr describe-images` instead"
        }
        "repositories" => {
            "this is what `aws ecr describe-repositories` prints: no images; save `aws ecr describe-images` instead"
        }
        "imageScanFindings" => {
            "this is what `aws ecr describe-image-scan-findings` prints: one image's findings; \
             save `aws ecr describe-images` instead"
        }
        "images" => "this is what `aws ecr batch-get-image` prints: manifests; save `aws ecr describe-images` instead",
        "__type" | "Error" => "this is a saved error answer of the service, not a page; ask again and save that",
        _ => return None,
    })
}

/// What a text that does not start as JSON is, where it can be told.
pub(crate) fn name(data: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(&data[..data.len().min(ENOUGH)]);
    let text = text.trim_start();
    let starts = |start: &str| text.starts_with(start);
    Some(if text.contains("An error occurred (") || starts("usage: aws") || text.contains("[ERROR]:") {
        "this is a saved error message of the AWS CLI, not a page; ask again and save that"
    } else if starts("IMAGEDETAILS\t") || starts("NEXTTOKEN\t") {
        "this is the AWS CLI's text output, which leaves out the members' names; save it with `--output json`"
    } else if starts("---") && text.contains('|') || starts("+--") || starts("|") {
        "this is the AWS CLI's table output; save it with `--output json`"
    } else if starts("<") {
        "this is HTML or XML, not a page; save `aws ecr describe-images --output json`"
    } else if starts("$ ") || starts("aws ecr") {
        "this starts with a command line; save the command's output alone: `aws ecr describe-images ... > page.json`"
    } else {
        return None;
    })
}

/// What `print(response)` leaves, and what to do.
pub(crate) const PYTHON: &str =
    "this is a printed Python dict, not JSON; save it with `json.dump(response, file, default=str)`";

/// Whether a text is the AWS CLI's yaml output.
pub(crate) fn is_yaml(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&data[..data.len().min(ENOUGH)]);
    text.lines().map(str::trim).any(|line| line.trim_start_matches("- ").starts_with("imageDetails:"))
        && !text.trim_start().starts_with('|')
}

/// The start of what stands there, for a message.
pub(crate) fn excerpt(data: &[u8]) -> String {
    if data.is_empty() {
        return "the end of the text".to_owned();
    }
    let line = data.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let shown: String = String::from_utf8_lossy(&line[..line.len().min(200)]).chars().take(40).collect();
    let dots = if shown.len() < line.len() { "..." } else { "" };
    if shown.is_empty() { "the end of the line".to_owned() } else { format!("`{}{dots}`", shown.escape_debug()) }
}
