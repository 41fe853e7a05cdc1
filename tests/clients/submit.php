<?php
// Hands a batch in, waits until nothing of it moves without a person, prints "ref state" for each line. No library.
//   php submit.php batch.ndjson       VNEPP_URL, VNEPP_CERT, VNEPP_KEY, VNEPP_CA: the gateway, and who we are

/** Sends until the answer is no request to wait. Returns [status, header fields in lower case, body]. */
function ask(string $method, string $path, array $fields = [], string $body = ''): array
{
    $context = stream_context_create([
        'http' => ['method' => $method, 'header' => $fields, 'content' => $body, 'ignore_errors' => true],
        'ssl' => ['local_cert' => getenv('VNEPP_CERT'), 'local_pk' => getenv('VNEPP_KEY'), 'cafile' => getenv('VNEPP_CA')],
    ]);
    for (;;) {
        $answer = @file_get_contents(getenv('VNEPP_URL') . $path, false, $context);
        $status = 0;
        $head = [];
        foreach ($answer === false ? [] : $http_response_header as $line) {
            if (preg_match('#^HTTP/\S+ (\d+)#', $line, $m)) {
                $status = (int) $m[1];
            } elseif (preg_match('/^([^:]+):\s*(.*)$/', $line, $m)) {
                $head[strtolower($m[1])] = $m[2];
            }
        }
        $told = isset($head['retry-after']);
        if (!in_array($status, [0, 409, 429, 503], true) || (in_array($status, [409, 429], true) && !$told)) {
            return [$status, $head, $answer];
        }
        sleep($told ? (int) $head['retry-after'] : 2);
    }
}

$file = file_get_contents($argv[1]);
// The same file under the same key may be sent again at any time: it is taken once.
[$status, $head, $body] = ask('POST', '/v1/batches',
    ['Content-Type: application/x-ndjson', 'Idempotency-Key: ' . hash('sha256', $file)], $file);
if ($status !== 202) {
    fwrite(STDERR, $body);
    exit(1);
}
$batch = $head['location'];

while (json_decode(ask('GET', $batch)[2])->moving > 0) {
    sleep(1);
}

for ($after = 0; $after !== null; $after = $answer->next) {
    $answer = json_decode(ask('GET', "$batch/items?limit=1000&after=$after", ['Accept: application/json'])[2]);
    foreach ($answer->items as $item) {
        echo "$item->ref $item->state\n";
    }
}
