#include "grimoire/io/manifest.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

constexpr const char* kSelf = "manifest_xxh3_128";

std::string sealed(Json j) {
  j.set(kSelf, "");
  j.set(kSelf, hash_of(j.dump_pretty()));
  return j.dump_pretty();
}

ManifestFile parse_file(const Json& j, const std::string& path) {
  ManifestFile f{j.text("name"), j.integer("bytes"), j.text("xxh3_128")};
  GRIM_CHECK(is_plain_name(f.name) && f.name != kManifestName, input, "checkpoint",
             "{}: file name not allowed: got '{}'", path, f.name);
  GRIM_CHECK(f.bytes >= 0, input, "checkpoint", "{}: {}: bytes: got {}", path, f.name, f.bytes);
  return f;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name[0] != '.' &&
         std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return c == '/' || c == '\\' || c < 32 || c == 127; });
}

std::string manifest_text(const Manifest& manifest) {
  Json list = Json::array();
  for (const ManifestFile& f : manifest.files)
    list.push(Json::object({{"name", f.name}, {"bytes", f.bytes}, {"xxh3_128", f.hash}}));
  return sealed(Json::object({{"format", kCheckpointFormat},
                              {"created", manifest.created},
                              {"about", manifest.about},
                              {"files", std::move(list)}}));
}

Manifest parse_manifest(const std::string& text, const std::string& path) {
  const Json j = Json::parse(text, path, 1'000'000);
  const int64_t format = j.integer("format");
  if (format > kCheckpointFormat)
    fail(ErrorKind::input, "checkpoint",
         str("{}: written in format {}, this program reads up to {}", path, format, kCheckpointFormat),
         "use the newer version of Grimoire that wrote it");
  GRIM_CHECK(format == kCheckpointFormat, input, "checkpoint", "{}: format: got {}, expected {}", path, format,
             kCheckpointFormat);
  GRIM_CHECK(sealed(j) == text, input, "checkpoint", "{}: the manifest was changed: its hash differs", path);
  Manifest m{j.text("created"), j.at("about"), {}};
  for (const Json& f : j.list("files")) {
    m.files.push_back(parse_file(f, path));
    for (size_t i = 0; i + 1 < m.files.size(); ++i)
      GRIM_CHECK(m.files[i].name != m.files.back().name, input, "checkpoint", "{}: '{}' is listed twice", path,
                 m.files[i].name);
  }
  return m;
}

}  // namespace grim
