#include "grimoire/hub/gguf_keys.h"

#include <charconv>

#include "grimoire/base/str.h"

namespace grim {

std::string key_of(const GgufFile& file, std::string_view name) { return str("{}.{}", file.text("general.architecture"), name); }

int64_t integer_or(const GgufFile& file, const std::string& key, int64_t fallback) { return file.value(key) ? file.integer(key) : fallback; }

double shortest(double rounded) {
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, static_cast<float>(rounded));
  double meant = rounded;
  std::from_chars(digits, written.ptr, meant);
  return meant;
}

}  // namespace grim
