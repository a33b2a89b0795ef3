// A publisher as it is written by hand: outbox rows from DMS to an EventBridge bus, in batches of 10.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

const client = new EventBridgeClient({});
const bus = process.env.OUTBOX_BUS_NAME;

function entry(record) {
  const { data, metadata } = JSON.parse(Buffer.from(record.kinesis.data, "base64").toString("utf8"));
  if (metadata["record-type"] !== "data" || metadata["table-name"] !== "outbox" || metadata.operation !== "insert") return;
  const detail = {
    specversion: "1.0",
    id: data.id,
    source: `outbox.${data.aggregate_type}`,
    type: data.event_type,
    subject: data.aggregate_id,
    time: metadata["commit-timestamp"],
    sequence: String(data.sequence),
    data: JSON.parse(data.payload),
  };
  return { EventBusName: bus, Source: detail.source, DetailType: data.event_type, Detail: JSON.stringify(detail) };
}

async function handle(event) {
  const entries = event.Records.map(entry).filter(Boolean);
  for (let from = 0; from < entries.length; from += 10) {
    const answer = await client.send(new PutEventsCommand({ Entries: entries.slice(from, from + 10) }));
    if (answer.FailedEntryCount > 0) {
      return { batchItemFailures: [{ itemIdentifier: event.Records[from].kinesis.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const next = await fetch(`${runtime}/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const answer = await handle(await next.json());
  await (await fetch(`${runtime}/${id}/response`, { method: "POST", body: JSON.stringify(answer) })).text();
}
