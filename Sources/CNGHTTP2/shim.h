// nghttp2: the frames of HTTP/2 and the compression of its fields.
#ifndef SLUICE_CNGHTTP2_H
#define SLUICE_CNGHTTP2_H

#include <nghttp2/nghttp2.h>
#include <string.h>

// Frames are a union that Swift reads only through functions.

static inline int32_t sluice_frame_stream(const nghttp2_frame *frame) {
    return frame->hd.stream_id;
}

static inline uint8_t sluice_frame_type(const nghttp2_frame *frame) { return frame->hd.type; }
static inline uint8_t sluice_frame_flags(const nghttp2_frame *frame) { return frame->hd.flags; }
static inline size_t sluice_frame_length(const nghttp2_frame *frame) { return frame->hd.length; }

static inline int sluice_headers_category(const nghttp2_frame *frame) {
    return (int)frame->headers.cat;
}

static inline uint32_t sluice_reset_code(const nghttp2_frame *frame) {
    return frame->rst_stream.error_code;
}

static inline int32_t sluice_goaway_last(const nghttp2_frame *frame) {
    return frame->goaway.last_stream_id;
}

static inline uint32_t sluice_goaway_code(const nghttp2_frame *frame) {
    return frame->goaway.error_code;
}

#endif
