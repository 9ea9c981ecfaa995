#!/bin/sh
# Saves what `aws ecr describe-images` says of every repository of a registry, for ecrsnap to ingest elsewhere.
#
#   scripts/export.sh [FOLDER]        FOLDER/2026-03-01/shop+web.json, one file a repository; default ecr-export
#
# Every page, and images of every status. Run it again on the same day and it goes on where it stopped; a file is
# there only when it is whole. The AWS CLI's own settings hold: AWS_PROFILE, AWS_REGION (AWS_DEFAULT_REGION for version
# 1), AWS_MAX_ATTEMPTS, ... Options after `--` go to every call: scripts/export.sh out -- --registry-id 123456789012
#
# When the capture was made is the time of its files: copy the folder with cp -a, rsync -a or tar.
#
# An empty page cannot say whose it is, so those are kept apart, in FOLDER-empty; the end of the run says what to do
# with them. Exit status: 0 all saved, 1 some repositories could not be (they are named), 2 nothing could be asked.

set -u
umask 022

usage() {
    echo "usage: $0 [FOLDER] [-- AWS OPTIONS]" >&2
    exit 2
}

folder=ecr-export
case ${1:---} in
    --) ;;
    -*) usage ;;
    *)
        folder=$1
        shift
        ;;
esac
if [ $# -gt 0 ]; then
    [ "$1" = -- ] || usage
    shift
fi

# A pager would wait for a key.
export AWS_PAGER=''

folder=${folder%/}
date=$(date -u +%Y-%m-%d)
whole=$folder/$date
empty=$folder-empty/$date
# The day's folder comes with its first page: ingest refuses one without any.
mkdir -p "$folder" || exit 2
# Beside the folder, so that a finished page only has to be renamed: a file is there whole, or not at all.
scratch=$(mktemp -d "$folder.part.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# One line a repository: account, tab, name. The client follows every page of the list itself.
if ! aws ecr describe-repositories "$@" --output text --query 'repositories[].[registryId, repositoryName]' \
    >"$scratch/names"; then
    echo "export: the repositories could not be listed" >&2
    exit 2
fi

# `+` is in no repository's name, so two names are never one file.
file_of() {
    printf '%s.json' "$(printf %s "$1" | tr / +)"
}

tab=$(printf '\t')
saved=0 known=0 failed=''
while IFS=$tab read -r registry repository; do
    file=$(file_of "$repository")
    if [ -e "$whole/$file" ] || [ -e "$empty/$file" ]; then
        known=$((known + 1))
        continue
    fi
    # Standard input belongs to the list of names.
    if ! aws ecr describe-images "$@" --repository-name "$repository" --filter imageStatus=ANY --output json \
        >"$scratch/page" </dev/null; then
        failed="$failed $repository"
        continue
    fi
    target=$whole
    if ! grep -q '"imageDigest"' "$scratch/page"; then
        target=$empty
    fi
    mkdir -p "$target" || exit 2
    if mv "$scratch/page" "$target/$file"; then
        saved=$((saved + 1))
    else
        failed="$failed $repository"
    fi
done <"$scratch/names"

echo "export: $saved repositories saved in $whole, $known were there already" >&2
if [ -d "$empty" ]; then
    echo "export: empty repositories are in $empty; ingest each with its name, after the others:" >&2
    while IFS=$tab read -r registry repository; do
        file=$empty/$(file_of "$repository")
        if [ -e "$file" ]; then
            printf "  ecrsnap ingest '%s' --snapshot %s --registry-id %s --repository-name %s --capture-filter %s\n" \
                "$file" "$date" "$registry" "$repository" imageStatus=ANY >&2
        fi
    done <"$scratch/names"
fi
if [ -z "$failed" ]; then
    # All of the registry is there, so that a repository that is missing did not exist or was empty.
    printf "export: ingest it with: ecrsnap ingest '%s' --snapshot %s --capture-filter imageStatus=ANY --scope registry\n" \
        "$whole" "$date" >&2
fi
if [ -n "$failed" ]; then
    echo "export: could not be saved, run again:" >&2
    # shellcheck disable=SC2086  # names have no spaces; one a line
    printf '  %s\n' $failed >&2
    exit 1
fi
