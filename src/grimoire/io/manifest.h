// manifest.json: what a checkpoint folder must hold, with a hash over itself. It is written last, so a folder that has
// a good manifest is complete.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

inline constexpr int64_t kCheckpointFormat = 1;
inline constexpr const char* kManifestName = "manifest.json";

struct ManifestFile {
  std::string name;  // a plain name, without a folder
  int64_t bytes = 0;
  std::string hash;  // XXH3-128, 32 hexadecimal digits
};

struct Manifest {
  std::string created;  // UTC
  Json about;           // what the writer wished to say: step, loss, ...
  std::vector<ManifestFile> files;
};

std::string manifest_text(const Manifest& manifest);
// `path` names it in errors. throws: input; changed by so much as a byte, a newer format, names that leave the folder
Manifest parse_manifest(const std::string& text, const std::string& path);

bool is_plain_name(std::string_view name);  // not empty, no '/', no leading dot, no control characters

}  // namespace grim
