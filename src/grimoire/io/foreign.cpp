#include "grimoire/io/foreign.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {

void refuse_foreign(std::string_view bytes, std::string_view file, std::string_view expected) {
  const auto refuse = [&](const std::string& problem, std::string hint = "") {
    fail(ErrorKind::input, "tensors", str("{}: {}", file, problem), std::move(hint));
  };
  if (bytes.empty()) refuse(str("the file is empty, expected {}", expected), "a copy or download stopped before its first byte; fetch the file again");
  refuse_stand_in(bytes, file);
  if (bytes.starts_with("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"))
    refuse("this was saved by PyTorch before 1.6, as a row of pickles", "load it in PyTorch and save it again, as safetensors if you can");
  if (bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5)
    refuse("this is a Python pickle, which may hold code", "convert it to safetensors first");
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("GGUF"))
    refuse(str("this is {}, expected {}", bytes[0] == 'P' ? "a zip archive, perhaps a PyTorch .bin or .pt file" : "a GGUF file", expected),
           "give it where weights are read, as to grimoire model show");
  constexpr std::string_view kPacked[] = {"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd" "7zXZ", "BZh"};
  for (const std::string_view packed : kPacked)
    if (bytes.starts_with(packed)) refuse(str("this is packed (gzip, zstd, xz or bzip2), expected {}", expected), "unpack it first");
}

}  // namespace grim
