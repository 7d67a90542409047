// OpenSSL 3, and the macros among its interface that Swift cannot import.
#ifndef SLUICE_COPENSSL_H
#define SLUICE_COPENSSL_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

static inline void sluice_ssl_clear_errors(void) { ERR_clear_error(); }

static inline int sluice_err_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int sluice_err_is_ssl(unsigned long code) { return ERR_GET_LIB(code) == ERR_LIB_SSL; }

// Contexts.

static inline int sluice_ctx_set_versions(SSL_CTX *ctx, int least, int most) {
    return SSL_CTX_set_min_proto_version(ctx, least) && SSL_CTX_set_max_proto_version(ctx, most);
}

static inline void sluice_ctx_set_modes(SSL_CTX *ctx) {
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1);
}

static inline void sluice_ctx_set_options(SSL_CTX *ctx, int prefers_own_order) {
    uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_SSLv3 |
                       SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    if (prefers_own_order) options |= SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
    SSL_CTX_set_options(ctx, options);
}

static inline int sluice_ctx_set_groups(SSL_CTX *ctx, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(ctx, groups);
}

static inline void sluice_ctx_set_cache(SSL_CTX *ctx, int is_client) {
    SSL_CTX_set_session_cache_mode(
        ctx, is_client ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
}

static inline int sluice_ctx_add_chain(SSL_CTX *ctx, X509 *x509) {
    return (int)SSL_CTX_add1_chain_cert(ctx, x509);
}

static inline void sluice_ctx_set_name_callback(SSL_CTX *ctx, int (*call)(SSL *, int *, void *),
                                                void *argument) {
    SSL_CTX_set_tlsext_servername_callback(ctx, call);
    SSL_CTX_set_tlsext_servername_arg(ctx, argument);
}

static inline void sluice_ctx_set_status_callback(SSL_CTX *ctx, int (*call)(SSL *, void *),
                                                  void *argument) {
    SSL_CTX_set_tlsext_status_cb(ctx, call);
    SSL_CTX_set_tlsext_status_arg(ctx, argument);
}

static inline void sluice_ctx_set_ticket_callback(
    SSL_CTX *ctx,
    int (*call)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int)) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, call);
}

static inline void sluice_ctx_set_argument(SSL_CTX *ctx, void *argument) {
    SSL_CTX_set_app_data(ctx, argument);
}

static inline void *sluice_ctx_argument(const SSL_CTX *ctx) { return SSL_CTX_get_app_data(ctx); }

// Sessions.

static inline void sluice_ssl_set_argument(SSL *ssl, void *argument) {
    SSL_set_app_data(ssl, argument);
}

static inline void *sluice_ssl_argument(const SSL *ssl) { return SSL_get_app_data(ssl); }

static inline int sluice_ssl_set_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// The response is copied: OpenSSL frees its own.
static inline int sluice_ssl_set_status(SSL *ssl, const void *response, size_t count) {
    void *copy = OPENSSL_memdup(response, count);
    if (copy == NULL) return 0;
    SSL_set_tlsext_status_ocsp_resp(ssl, (unsigned char *)copy, (long)count);
    return 1;
}

static inline int sluice_ssl_set_address(SSL *ssl, const char *address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address);
}

static inline void sluice_ssl_set_host_flags(SSL *ssl) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

// A BIO that reads and writes through functions of ours.

static inline void sluice_bio_want_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void sluice_bio_want_write(BIO *bio) { BIO_set_retry_write(bio); }
static inline void sluice_bio_clear(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline long sluice_bio_bytes(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// Tickets: AES-256 in CBC mode and HMAC with SHA-256 (RFC 5077 section 4).

static inline int sluice_mac_begin(EVP_MAC_CTX *mac, const unsigned char *key, size_t count) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count);
    parameters[1] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"sha256", 0);
    parameters[2] = OSSL_PARAM_construct_end();
    return EVP_MAC_CTX_set_params(mac, parameters);
}

// Certificates.

static inline int sluice_key_kind(EVP_PKEY *key) { return EVP_PKEY_get_base_id(key); }

static inline int sluice_x509_name(const X509_NAME *name, BIO *to) {
    return X509_NAME_print_ex(to, name, 0, XN_FLAG_RFC2253);
}

static inline GENERAL_NAMES *sluice_x509_names(X509 *x509) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
}

static inline int sluice_names_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

// The bytes of a name, when it is one of DNS; NULL for others.
static inline const unsigned char *sluice_names_dns(const GENERAL_NAMES *names, int index,
                                                    int *count) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name->type != GEN_DNS) return NULL;
    *count = ASN1_STRING_length(name->d.dNSName);
    return ASN1_STRING_get0_data(name->d.dNSName);
}

static inline void sluice_names_free(GENERAL_NAMES *names) {
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}

// The common name in UTF-8, to be freed; 0 when there is none that is text.
static inline int sluice_x509_common_name(const X509 *x509, unsigned char **text) {
    *text = NULL;
    const X509_NAME *name = X509_get_subject_name(x509);
    if (name == NULL) return 0;
    int position = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (position < 0) return 0;
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, position);
    int count = ASN1_STRING_to_UTF8(text, X509_NAME_ENTRY_get_data(entry));
    return count < 0 ? 0 : count;
}

static inline void sluice_free(void *bytes) { OPENSSL_free(bytes); }

static inline int64_t sluice_x509_seconds(const ASN1_TIME *time) {
    struct tm parts;
    memset(&parts, 0, sizeof parts);
    if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return (int64_t)timegm(&parts);
}

// When the first certificate of the peer's chain, as it was verified, ends to be good, in seconds
// since 1970; 0 when none was shown.
static inline int64_t sluice_ssl_trust_end(const SSL *ssl) {
    STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    int64_t end = 0;
    for (int index = 0; index < sk_X509_num(chain); index++) {
        int64_t other = sluice_x509_seconds(X509_get0_notAfter(sk_X509_value(chain, index)));
        if (end == 0 || other < end) end = other;
    }
    return end;
}

#endif
