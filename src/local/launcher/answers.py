"""Presigned addresses for responses to CloudFormation."""

import datetime
import hashlib
import hmac
import os
import urllib.parse

from emulated import need

custom_resources = need("services.cloudformation.custom_resource", "_response_url")
wait_conditions = need("services.cloudformation.wait_conditions", "handle_url")
responses = need("core.responses", "get_region")

# Validity in seconds of the address for a response to CloudFormation: longer than any custom resource or wait condition
# waits.
ANSWER_SECONDS = 86_400


def presigned(url):
    """Returns the address with a signature of the stack's key in it, like the presigned S3 URLs of CloudFormation (IAM
    user guide, "Create a signed AWS API request"). The gateway verifies it, and accepts no other."""
    address = urllib.parse.urlsplit(url)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{responses.get_region()}/s3/aws4_request"
    query = urllib.parse.urlencode({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}",
        "X-Amz-Date": now, "X-Amz-Expires": ANSWER_SECONDS, "X-Amz-SignedHeaders": "host"}, quote_via=urllib.parse.quote, safe="")
    request = "\n".join(["PUT", address.path, query, f"host:{address.netloc}\n", "host", "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return f"{url}?{query}&X-Amz-Signature={hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def install_signed_answers():
    """Makes custom resources and wait conditions use presigned addresses."""
    def signing(emulated):
        return lambda token: presigned(emulated(token))

    custom_resources._response_url = signing(custom_resources._response_url)
    wait_conditions.handle_url = signing(wait_conditions.handle_url)
