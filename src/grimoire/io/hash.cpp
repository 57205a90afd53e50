#include "grimoire/io/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace grim {
namespace {

std::string hex_of(XXH128_hash_t hash) {
  std::string text(32, '0');
  for (size_t i = 0; i < 16; ++i) {
    text[15 - i] = "0123456789abcdef"[(hash.high64 >> (4 * i)) & 15];
    text[31 - i] = "0123456789abcdef"[(hash.low64 >> (4 * i)) & 15];
  }
  return text;
}

}  // namespace

struct Hasher::State {
  alignas(64) XXH3_state_t xxh;
};

Hasher::Hasher() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh); }
Hasher::~Hasher() = default;
void Hasher::add(std::string_view bytes) { XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size()); }

std::string Hasher::hex() const { return hex_of(XXH3_128bits_digest(&state_->xxh)); }

std::string hash_of(std::string_view bytes) { return hex_of(XXH3_128bits(bytes.data(), bytes.size())); }

}  // namespace grim
