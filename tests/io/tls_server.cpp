#include "tls_server.hpp"

#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <stdexcept>

namespace hotdesk::test {
namespace {

void must(bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
}

template <class Write>
std::string pem(const Write& write) {
    BIO* const bio = BIO_new(BIO_s_mem());
    must(write(bio) == 1, "PEM");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "extension");
    X509_EXTENSION_free(extension);
}

X509* certify(EVP_PKEY* key, const std::string& common_name, const CertificateSpec& spec, X509* issuer,
              EVP_PKEY* signer) {
    static std::atomic<long> serial{1};
    X509* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), spec.from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), spec.to_s);
    X509_NAME* const name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(certificate, issuer != nullptr ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(certificate, key);
    return must(X509_sign(certificate, signer, EVP_sha256()) != 0, "sign"), certificate;
}

}  // namespace

struct Authority::Parts {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = nullptr;
    std::string text;
};

Authority::Authority(const std::string& name) : parts_(std::make_unique<Parts>()) {
    X509* const certificate = certify(parts_->key, name, {}, nullptr, parts_->key);
    extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    must(X509_sign(certificate, parts_->key, EVP_sha256()) != 0, "sign");
    parts_->certificate = certificate;
    parts_->text = pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

Authority::~Authority() {
    X509_free(parts_->certificate);
    EVP_PKEY_free(parts_->key);
}

const std::string& Authority::certificate() const { return parts_->text; }

Identity Authority::issue(const CertificateSpec& spec) const {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    EVP_PKEY* const signer = spec.self_signed ? key : parts_->key;
    X509* const certificate = certify(key, spec.name, spec, spec.self_signed ? nullptr : parts_->certificate, signer);
    extend(certificate, certificate, NID_subject_alt_name, "DNS:" + spec.name);
    must(X509_sign(certificate, signer, EVP_sha256()) != 0, "sign");
    Identity identity{pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }), pem([&](BIO* bio) {
                          return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
                      })};
    X509_free(certificate);
    EVP_PKEY_free(key);
    return identity;
}

namespace {

SSL_CTX* make_context(const ServerOptions& options) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    BIO* const certificate_bio = BIO_new_mem_buf(options.identity->certificate.c_str(), -1);
    BIO* const key_bio = BIO_new_mem_buf(options.identity->key.c_str(), -1);
    X509* const certificate = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
    must(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1, "identity");
    if (options.highest_tls != 0) {
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, options.highest_tls);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    return context;
}

class SocketPeer final : public Peer {
public:
    SocketPeer(int socket, SSL* ssl) : socket_(socket), ssl_(ssl) {}

    void send(const std::string& bytes) override {
        for (std::size_t at = 0; at < bytes.size();) {
            const int size = static_cast<int>(bytes.size() - at);
            const auto wrote = ssl_ != nullptr
                                   ? SSL_write(ssl_, bytes.data() + at, size)
                                   : static_cast<int>(::write(socket_, bytes.data() + at, bytes.size() - at));
            if (wrote <= 0) throw std::runtime_error("the client is gone");
            at += static_cast<std::size_t>(wrote);
        }
    }
    void reset() override {
        const linger hard{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        throw std::runtime_error("reset");
    }
    /// One whole request; false: the client has closed.
    bool receive(ServedRequest& request) {
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!more()) return false;
        request.head = buffer_.substr(0, end + 2);
        const auto space = request.head.find(' ');
        request.method = request.head.substr(0, space);
        request.target = request.head.substr(space + 1, request.head.find(' ', space + 1) - space - 1);
        std::size_t length = 0;
        if (const auto at = request.head.find("Content-Length: "); at != std::string::npos)
            length = std::stoul(request.head.substr(at + 16));
        while (buffer_.size() < end + 4 + length)
            if (!more()) return false;
        request.body = buffer_.substr(end + 4, length);
        buffer_.erase(0, end + 4 + length);
        return true;
    }

private:
    bool more() {
        char block[4096];
        const auto got = ssl_ != nullptr ? SSL_read(ssl_, block, sizeof block)
                                         : static_cast<int>(::read(socket_, block, sizeof block));
        if (got <= 0) return false;
        buffer_.append(block, static_cast<std::size_t>(got));
        return true;
    }

    int socket_;
    SSL* ssl_;
    std::string buffer_;
};

}  // namespace

TestServer::TestServer(ServerOptions options, Handler handler) : options_(options), handler_(std::move(handler)) {
    if (options_.identity != nullptr) context_ = make_context(options_);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 64) == 0 &&
             ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
         "listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

TestServer::~TestServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
    SSL_CTX_free(static_cast<SSL_CTX*>(context_));
}

void TestServer::accept_all() {
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (stopping_ || socket < 0) {
            if (socket >= 0) ::close(socket);
            return;
        }
        ++connections_;
        const std::lock_guard lock(mutex_);
        sockets_.push_back(socket);
        if (options_.handshake) threads_.emplace_back([this, socket] { serve(socket); });
    }
}

void TestServer::serve(int socket) {
    // Only this thread is spared a broken pipe: that the client survives one is for the tests to see.
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    SSL* ssl = nullptr;
    if (context_ != nullptr) {
        ssl = SSL_new(static_cast<SSL_CTX*>(context_));
        SSL_set_fd(ssl, socket);
    }
    bool orderly = true;
    try {
        if (ssl == nullptr || SSL_accept(ssl) == 1) {
            if (ssl != nullptr && SSL_session_reused(ssl) == 1) ++resumed_;
            SocketPeer peer(socket, ssl);
            ServedRequest request;
            while (peer.receive(request) && handler_(peer, request)) {
            }
        }
    } catch (const std::exception&) {
        orderly = false;
    }
    if (ssl != nullptr && orderly) SSL_shutdown(ssl);
    SSL_free(ssl);
    const std::lock_guard lock(mutex_);
    std::erase(sockets_, socket);
    ::close(socket);
}

std::string answer(int status, const std::string& body, const std::string& extra) {
    return "HTTP/1.1 " + std::to_string(status) + " Text\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           extra + "\r\n" + body;
}

}  // namespace hotdesk::test
