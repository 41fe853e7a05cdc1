// Hands a batch in, waits until nothing of it moves without a person, prints "ref state" for each line. No library.
//   java Submit.java batch.ndjson       VNEPP_URL, VNEPP_CERT, VNEPP_KEY, VNEPP_CA: the gateway, and who we are
import java.io.*;
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import java.util.regex.*;
import javax.net.ssl.*;

public class Submit {
    static HttpClient http;
    static SSLContext tls(String cert, String key, String ca) throws Exception {
        CertificateFactory x509 = CertificateFactory.getInstance("X.509");
        byte[] pkcs8 = Base64.getMimeDecoder().decode(Files.readString(Path.of(key)).replaceAll("-----[^-]+-----", ""));
        KeyStore ours = KeyStore.getInstance("PKCS12"), theirs = KeyStore.getInstance("PKCS12");
        for (KeyStore s : List.of(ours, theirs)) s.load(null, null);
        ours.setKeyEntry("us", KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8)), new char[0],
            x509.generateCertificates(new FileInputStream(cert)).toArray(new java.security.cert.Certificate[0]));
        theirs.setCertificateEntry("ca", x509.generateCertificate(new FileInputStream(ca)));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(ours, new char[0]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(theirs);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return tls;
    }
    // Sends until the answer is no request to wait.
    static HttpResponse<String> ask(HttpRequest.Builder r, String path) throws Exception {
        HttpRequest request = r.uri(URI.create(System.getenv("VNEPP_URL") + path)).build();
        for (long wait = 2;; Thread.sleep(wait * 1000), wait = 2) {
            HttpResponse<String> answer;
            try { answer = http.send(request, HttpResponse.BodyHandlers.ofString()); } catch (IOException e) { continue; }
            OptionalLong told = answer.headers().firstValueAsLong("Retry-After");
            if (!Set.of(409, 429, 503).contains(answer.statusCode()) || answer.statusCode() != 503 && told.isEmpty()) return answer;
            wait = told.orElse(wait);
        }
    }

    public static void main(String[] args) throws Exception {
        http = HttpClient.newBuilder().sslContext(tls(System.getenv("VNEPP_CERT"), System.getenv("VNEPP_KEY"), System.getenv("VNEPP_CA"))).build();
        byte[] file = Files.readAllBytes(Path.of(args[0]));
        String key = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
        HttpResponse<String> taken = ask(HttpRequest.newBuilder().header("Content-Type", "application/x-ndjson")
            .header("Idempotency-Key", key).POST(HttpRequest.BodyPublishers.ofByteArray(file)), "/v1/batches"); // taken once
        if (taken.statusCode() != 202) throw new IOException(taken.body());
        String batch = taken.headers().firstValue("Location").get();
        while (!ask(HttpRequest.newBuilder(), batch).body().contains("\"moving\":0")) Thread.sleep(1000);
        Pattern item = Pattern.compile("^\\{\"ref\":\"([^\"]*)\".*\"state\":\"([a-z_]*)\""); // the language has no JSON reader
        for (String page = batch + "/items?limit=1000"; page != null;) {
            HttpResponse<String> answer = ask(HttpRequest.newBuilder().header("Accept", "application/x-ndjson"), page);
            answer.body().lines().map(item::matcher).filter(Matcher::find).forEach(m -> System.out.println(m.group(1) + " " + m.group(2)));
            page = answer.headers().firstValue("Link").map(l -> l.replaceAll("^<(.*)>; rel=\"next\"$", "$1")).orElse(null);
        }
    }
}
