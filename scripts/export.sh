#!/bin/sh
# Saves what ECR says about every repository of a registry, for `ecrsnap ingest` on another machine: the repositories,
# the images of each (every page, every status) and the lifecycle policies.
#
#   scripts/export.sh [FOLDER] [--regions R1,R2] [--profiles P1,P2] [--no-policies] [-- AWS OPTIONS]
#
# Writes FOLDER/2026-03-01/ACCOUNT/REGION/, default folder ecr-export:
#   describe-repositories.json    the repositories, also the empty ones
#   shop+web.json                 the images of shop/web; `+` stands for the slash
#   shop+web.policy.json          its lifecycle policy, if it has one
#   ecrsnap-export.json           the manifest: capture time, registry, region, filter, scope. `ecrsnap ingest` reads it,
#                                 so that FOLDER/2026-03-01 needs no further options
#
# The AWS CLI's own settings hold: AWS_PROFILE, AWS_REGION (AWS_DEFAULT_REGION for version 1), AWS_MAX_ATTEMPTS, ...
# --regions and --profiles make one run of each combination. Options after `--` go to every call, for example
# -- --registry-id 123456789012.
#
# A call that fails is repeated up to EXPORT_RETRIES times (default 3), after 1, 2, 4, ... seconds; not if it was
# denied. Run the script again on the same day, and it goes on where it stopped: a file is there only when it is whole.
#
# Permissions: ecr:DescribeRepositories, ecr:DescribeImages, ecr:GetLifecyclePolicy.
# Exit status: 0 all saved, 1 some could not be (they are named), 2 no repository could be listed.

set -u
umask 022

usage() {
    echo "usage: $0 [FOLDER] [--regions R1,R2] [--profiles P1,P2] [--no-policies] [-- AWS OPTIONS]" >&2
    exit 2
}

folder='' regions='' profiles='' policies=yes
while [ $# -gt 0 ]; do
    case $1 in
        --)
            shift
            break
            ;;
        --regions | --profiles)
            [ $# -ge 2 ] || usage
            case $2 in '' | -*) usage ;; esac
            if [ "$1" = --regions ]; then regions=$2; else profiles=$2; fi
            shift 2
            ;;
        --no-policies)
            policies=no
            shift
            ;;
        -*) usage ;;
        *)
            [ -z "$folder" ] || usage
            folder=$1
            shift
            ;;
    esac
done
folder=${folder:-ecr-export}
folder=${folder%/}
retries=${EXPORT_RETRIES:-3}

# A pager would wait for a key.
export AWS_PAGER=''

date=$(date -u +%Y-%m-%d)
# The day's folder comes with its first page: ingest refuses one without any.
mkdir -p "$folder" || exit 2
# Next to the folder, so that a finished page only has to be renamed: a file is there whole, or not at all.
scratch=$(mktemp -d "$folder.part.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

terminal=no
[ -t 2 ] && terminal=yes

# Call the client with its output in $scratch/page and its messages in $scratch/errors; again if that may help.
call() {
    attempt=0 wait=1
    while :; do
        # Standard input belongs to the list of names.
        aws "$@" >"$scratch/page" 2>"$scratch/errors" </dev/null && return 0
        if grep -q -e AccessDenied -e NotFoundException -e InvalidParameter -e UnrecognizedClient -e ExpiredToken \
            -e InvalidClientTokenId -e 'Unable to locate credentials' "$scratch/errors"; then
            return 1
        fi
        attempt=$((attempt + 1))
        [ "$attempt" -le "$retries" ] || return 1
        sleep "$wait"
        wait=$((wait * 2))
    done
}

# `+` and `%` are in no repository's name, so two names are never one file, and none is that of another file.
file_of() {
    case $1 in
        *.policy | describe-repositories | ecrsnap-export) printf '%s%%' "$1" | tr / + ;;
        *) printf %s "$1" | tr / + ;;
    esac
}

# The values of a member in the client's JSON, which has one member a line.
values() {
    sed -n 's/^ *"'"$1"'": "\([^"]*\)",*$/\1/p' "$scratch/repositories"
}

# A list of lines as the items of a JSON list or object; each line is one already.
items() {
    sed '$!s/$/,/' "$1"
}

saved=0 known=0 listed=0 failures=$scratch/failures
: >"$failures"

# Save one registry in one region. $1 is its name for messages; the rest are options for every call.
one() {
    label=$1
    shift
    if ! call ecr describe-repositories --output json "$@"; then
        cat "$scratch/errors" >&2
        echo "export: the repositories could not be listed${label:+ ($label)}" >&2
        echo "${label:-the repositories}" >>"$failures"
        return
    fi
    listed=$((listed + 1))
    mv "$scratch/page" "$scratch/repositories"
    values repositoryName >"$scratch/names"
    registry=$(values registryId | head -n 1)
    region=$(values repositoryArn | head -n 1 | cut -d: -f4)
    if [ -z "$registry" ]; then
        # A registry without repositories does not say its number.
        call sts get-caller-identity --query Account --output text "$@" && registry=$(cat "$scratch/page")
        for word in "$@"; do
            [ "${before:-}" = --region ] && region=$word
            [ "${before:-}" = --registry-id ] && registry=$word
            before=$word
        done
        if [ -z "$registry" ] || [ -z "$region" ]; then
            echo "export: no repositories${label:+ ($label)}" >&2
            return
        fi
    fi
    place=$folder/$date/$registry/$region
    mkdir -p "$place" || exit 2
    captured=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    total=$(wc -l <"$scratch/names" | tr -d ' ')
    number=0 fresh=no
    : >"$scratch/files"
    : >"$scratch/without"
    before_failures=$(wc -l <"$failures")
    while read -r repository; do
        number=$((number + 1))
        [ $terminal = yes ] && printf '\r\033[Kexport: %s %s: %s of %s: %s' "$registry" "$region" "$number" "$total" "$repository" >&2
        file=$(file_of "$repository")
        if [ -e "$place/$file.json" ]; then
            known=$((known + 1))
        elif call ecr describe-images --repository-name "$repository" --filter imageStatus=ANY --output json "$@" &&
            mv "$scratch/page" "$place/$file.json"; then
            saved=$((saved + 1)) fresh=yes
        else
            [ $terminal = yes ] && echo >&2
            cat "$scratch/errors" >&2
            echo "$registry $region $repository" >>"$failures"
            continue
        fi
        printf '    "%s.json": "%s"\n' "$file" "$repository" >>"$scratch/files"
        [ $policies = yes ] && [ ! -e "$place/$file.policy.json" ] || continue
        if call ecr get-lifecycle-policy --repository-name "$repository" --output json "$@"; then
            mv "$scratch/page" "$place/$file.policy.json" && fresh=yes
        elif grep -q LifecyclePolicyNotFoundException "$scratch/errors"; then
            printf '    "%s"\n' "$repository" >>"$scratch/without"
        else
            [ $terminal = yes ] && echo >&2
            cat "$scratch/errors" >&2
            echo "$registry $region $repository (lifecycle policy)" >>"$failures"
        fi
    done <"$scratch/names"
    [ $terminal = yes ] && printf '\r\033[K' >&2
    # What was complete stays as it is, with the time of its capture.
    if [ $fresh = no ] && [ -e "$place/ecrsnap-export.json" ]; then
        return
    fi
    mv "$scratch/repositories" "$place/describe-repositories.json" || exit 2
    {
        echo '{'
        echo '  "ecrsnapExport": 1,'
        echo "  \"capturedAt\": \"$captured\","
        echo "  \"registryId\": \"$registry\","
        echo "  \"region\": \"$region\","
        echo '  "captureFilter": "imageStatus=ANY",'
        if [ "$(wc -l <"$failures")" -eq "$before_failures" ]; then
            echo '  "scope": "registry",'
        fi
        echo '  "files": {'
        items "$scratch/files"
        echo '  },'
        echo '  "withoutLifecyclePolicy": ['
        items "$scratch/without"
        echo '  ]'
        echo '}'
    } >"$scratch/manifest"
    mv "$scratch/manifest" "$place/ecrsnap-export.json" || exit 2
}

# Split at commas, without a word for "as the environment says".
words() {
    if [ -n "$1" ]; then printf '%s\n' "$1" | tr , '\n'; else echo -; fi
}

words "$profiles" >"$scratch/profiles"
words "$regions" >"$scratch/regions"
while read -r profile <&3; do
    while read -r region_word <&4; do
        label=''
        [ "$region_word" = - ] || {
            set -- --region "$region_word" "$@"
            label=$region_word
        }
        [ "$profile" = - ] || {
            set -- --profile "$profile" "$@"
            label="$profile${label:+ $label}"
        }
        one "$label" "$@"
        [ "$profile" = - ] || shift 2
        [ "$region_word" = - ] || shift 2
    done 4<"$scratch/regions"
done 3<"$scratch/profiles"

[ "$listed" -gt 0 ] || exit 2
echo "export: $saved repositories saved in $folder/$date, $known were there already" >&2
if [ -s "$failures" ]; then
    echo "export: could not be saved, run again:" >&2
    sed 's/^/  /' "$failures" >&2
    exit 1
fi
echo "export: next: ecrsnap ingest --snapshot-per-directory $folder" >&2
