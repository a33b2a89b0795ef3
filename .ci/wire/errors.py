"""Checks errors: the code, its status, and the form in which the protocol carries it."""

# "Common errors" in the API references of services with JSON (Lambda, DynamoDB, DMS, EventBridge), and those of the protocols.
JSON = {"AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InternalFailure", "InvalidSignatureException",
        "MissingAuthenticationTokenException", "NotAuthorized", "RequestEntityTooLargeException", "RequestExpired", "RequestTimeoutException",
        "SerializationException", "ServiceUnavailable", "ServiceUnavailableException", "ThrottlingException", "UnknownOperationException",
        "UnrecognizedClientException", "ValidationException"}
# "Common errors" in the API references of services with the query protocol (RDS, CloudFormation, IAM, STS).
QUERY = {"AccessDenied", "ExpiredToken", "IncompleteSignature", "InternalFailure", "InvalidAction", "InvalidClientTokenId",
         "InvalidParameterCombination", "InvalidParameterValue", "MissingAction", "MissingAuthenticationToken", "MissingParameter",
         "OptInRequired", "RequestExpired", "ServiceUnavailable", "SignatureDoesNotMatch", "Throttling", "ValidationError"}
# "Error codes" in the API reference of S3, whose model has a few of them.
S3 = {"AccessDenied", "AuthorizationHeaderMalformed", "BucketNotEmpty", "ExpiredToken", "InternalError", "InvalidAccessKeyId",
      "InvalidArgument", "InvalidBucketName", "MalformedXML", "MethodNotAllowed", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchKey",
      "NoSuchLifecycleConfiguration", "NoSuchTagSet", "NoSuchUpload", "NoSuchVersion", "OwnershipControlsNotFoundError",
      "PreconditionFailed", "RequestTimeTooSkewed", "ServerSideEncryptionConfigurationNotFoundError", "SignatureDoesNotMatch", "SlowDown"}
# "Error codes for the Amazon EC2 API"; its model has none.
EC2 = {"AuthFailure", "DryRunOperation", "InternalError", "InvalidParameterValue", "MissingParameter", "RequestLimitExceeded",
       "UnauthorizedOperation", "Unavailable"}
COMMON = {"json": JSON, "rest-json": JSON, "smithy-rpc-v2-cbor": JSON, "query": QUERY, "rest-xml": S3, "ec2": EC2}


def check(request, status, headers, parsed):
    code = parsed.get("Error", {}).get("Code", "")
    if request.method == "HEAD" or (request.protocol == "rest-xml" and status == 304):
        # Without a body; botocore gives the status as the code.
        return []
    # Without a code, botocore gives the status.
    if not code or code == str(status):
        return [("", f"status {status} without an error code")]
    findings = [*form(request, headers, code)]
    known = {shape.error_code: shape for shape in request.operation.error_shapes}
    # A service that had the query protocol before sends two codes, of which botocore prefers the former one.
    shape = known.get(parsed["Error"].get("QueryErrorCode")) or known.get(code)
    if shape:
        wanted = expected_status(shape)
        if wanted and status not in wanted:
            findings.append((code, f"status {status} instead of {' or '.join(map(str, sorted(wanted)))}"))
    elif code not in COMMON[request.protocol] and not ec2_not_found(request, code):
        findings.append((code, "the operation has no such error"))
    return findings


def expected_status(shape):
    """The statuses that the model allows; none where it has no say."""
    error = shape.metadata.get("error", {})
    if "httpStatusCode" in error:
        return {error["httpStatusCode"]}
    # botocore does not show the mark of a server's error otherwise.
    return {500, 503} if shape._shape_model.get("fault") else set()


def ec2_not_found(request, code):
    return request.protocol == "ec2" and (code.endswith((".NotFound", ".Malformed", ".Duplicate")) or code == "DependencyViolation")


def form(request, headers, code):
    """The places in which the protocol has the code."""
    if request.protocol == "rest-json" and "x-amzn-errortype" not in headers:
        yield code, "no header x-amzn-ErrorType"
    if "awsQueryCompatible" in request.service.metadata and "x-amzn-query-error" not in headers:
        yield code, "no header x-amzn-query-error"
