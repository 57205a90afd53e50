// The directory of a zip archive (APPNOTE 6.3), with its 64-bit records: where each member's bytes lie. Nothing is unpacked or written here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/files.h"

namespace grim {

struct ZipMember {
  std::string name;           // never absolute, never with ".."
  int method = 0;             // 0 stored, 8 deflate
  uint64_t packed = 0;        // bytes in the archive
  uint64_t size = 0;          // bytes when unpacked, as claimed
  uint64_t at = 0;            // of the first packed byte
};

// In the order of the directory. throws: input; cut, a directory that lies outside, members that differ from their entries, are encrypted or reach
// past the end, stored ones of two sizes, names that leave the folder or come twice
std::vector<ZipMember> zip_members(InFile& file, std::string_view source);

}  // namespace grim
