#include "grimoire/io/zip.h"

#include <algorithm>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/reader.h"

namespace grim {
namespace {

constexpr uint64_t kEndRecord = 22, kLocator = 20, kLocalHeader = 30, kMostDirectory = uint64_t{1} << 28;
constexpr uint64_t kIn64 = 0xffffffff;  // a size of 32 bits that stands in the 64-bit record instead

std::string piece(InFile& file, uint64_t at, uint64_t bytes) {
  std::string text(bytes, '\0');
  file.read_at(static_cast<int64_t>(at), text.data(), text.size());
  return text;
}

struct Directory {
  uint64_t members, bytes, at;
};

// The end record is the last thing in the file, but for a comment; before it may stand a locator of the 64-bit end record.
Directory find_directory(InFile& file, std::string_view source) {
  const auto size = static_cast<uint64_t>(file.size());
  const uint64_t tail_at = size - std::min(size, kEndRecord + 0xffff);
  const std::string tail = piece(file, tail_at, size - tail_at);
  const size_t found = tail.rfind("PK\x05\x06");
  if (found == std::string::npos || tail.size() - found < kEndRecord)
    fail(ErrorKind::input, "zip", str("{}: not a zip archive, or cut at its end", source), "fetch or copy the file again");
  Reader end(std::string_view(tail).substr(found), source);
  end.skip(10, "end record");
  const uint64_t members = end.read<uint16_t>("member count"), bytes = end.read<uint32_t>("directory size"), at = end.read<uint32_t>("directory offset");
  const bool wide = members == 0xffff || bytes == kIn64 || at == kIn64;
  if (!wide || found < kLocator || tail.compare(found - kLocator, 4, "PK\x06\x07") != 0) return {members, bytes, at};
  Reader locator(std::string_view(tail).substr(found - kLocator), source);
  locator.skip(8, "64-bit locator");
  const uint64_t end_at = locator.read<uint64_t>("64-bit end record");
  GRIM_CHECK(end_at <= size && size - end_at >= 56, input, "zip", "{}: the 64-bit end record lies outside the file", source);
  const std::string record = piece(file, end_at, 56);
  Reader end64(record, source);
  end64.expect("PK\x06\x06", "64-bit end record");
  end64.skip(28, "64-bit end record");
  const uint64_t members64 = end64.read<uint64_t>("member count"), bytes64 = end64.read<uint64_t>("directory size");
  return {members64, bytes64, end64.read<uint64_t>("directory offset")};
}

// Sizes of 64 bits, in this order, for those of 32 bits that are all ones.
void read_extra(std::string_view extra, std::string_view source, std::initializer_list<uint64_t*> fields) {
  Reader reader(extra, source);
  while (reader.remaining() >= 4) {
    const uint16_t id = reader.read<uint16_t>("extra field");
    const std::string_view text = reader.take(reader.read<uint16_t>("length of an extra field"), "extra field");
    if (id != 1) continue;
    Reader wide(text, source);
    for (uint64_t* field : fields)
      if (*field == kIn64) *field = wide.read<uint64_t>("64-bit size");
    return;
  }
}

void check_name(const std::string& name, std::string_view source) {
  bool leaves = name.empty() || name[0] == '/' || name.find('\\') != std::string::npos || name.find('\0') != std::string::npos;
  for (const std::string_view part : split(name, '/')) leaves = leaves || part == "..";
  GRIM_CHECK(!leaves, input, "zip", "{}: a member is called '{}', expected a path inside the archive", source, name);
}

// The member's own header must say what the directory says; sizes may be left out there (flag 8: they follow the bytes).
void check_member(InFile& file, ZipMember& m, int flags, std::string_view source) {
  const auto size = static_cast<uint64_t>(file.size());
  const std::string what = str("{}, member {}", source, m.name);
  GRIM_CHECK(m.at <= size && size - m.at >= kLocalHeader, input, "zip", "{}: lies outside the file", what);
  const std::string header = piece(file, m.at, std::min(kLocalHeader + m.name.size(), size - m.at));
  Reader local(header, what);
  local.expect("PK\x03\x04", "zip member");
  local.skip(2, "version");
  const int own_flags = local.read<uint16_t>("flags"), method = local.read<uint16_t>("method");
  local.skip(8, "time and checksum");
  const uint64_t packed = local.read<uint32_t>("packed size"), unpacked = local.read<uint32_t>("size");
  const uint64_t name_length = local.read<uint16_t>("name length"), extra_length = local.read<uint16_t>("extra length");
  const bool sizes_agree = (own_flags & 8) || packed == kIn64 || unpacked == kIn64 || (packed == m.packed && unpacked == m.size);
  GRIM_CHECK(name_length == m.name.size() && local.take(name_length, "name") == m.name && method == m.method && sizes_agree, input, "zip",
             "{}: its own header differs from its entry in the directory", what);
  GRIM_CHECK((flags & 1) == 0, input, "zip", "{}: is encrypted", what);
  GRIM_CHECK(m.method != 0 || m.packed == m.size, input, "zip", "{}: is stored in {} bytes and claims {}", what, m.packed, m.size);
  m.at += kLocalHeader + name_length + extra_length;
  GRIM_CHECK(m.at <= size && m.packed <= size - m.at, input, "zip", "{}: truncated: {} bytes claimed, {} left in the file", what, m.packed,
             m.at <= size ? size - m.at : 0);
}

}  // namespace

std::vector<ZipMember> zip_members(InFile& file, std::string_view source) {
  const auto size = static_cast<uint64_t>(file.size());
  const Directory d = find_directory(file, source);
  GRIM_CHECK(d.at <= size && d.bytes <= size - d.at, input, "zip", "{}: the zip directory lies outside the file", source);
  GRIM_CHECK(d.bytes <= kMostDirectory && d.members <= d.bytes / 46, input, "zip", "{}: the zip directory claims {} members in {} bytes", source, d.members,
             d.bytes);
  const std::string text = piece(file, d.at, d.bytes);
  Reader directory(text, source);
  std::vector<ZipMember> members;
  std::set<std::string> names;
  for (uint64_t i = 0; i < d.members; ++i) {
    ZipMember m;
    directory.expect("PK\x01\x02", "zip directory entry");
    directory.skip(4, "versions");
    const int flags = directory.read<uint16_t>("flags");
    m.method = directory.read<uint16_t>("method");
    directory.skip(8, "time and checksum");
    m.packed = directory.read<uint32_t>("packed size");
    m.size = directory.read<uint32_t>("size");
    const uint64_t name = directory.read<uint16_t>("name length"), extra = directory.read<uint16_t>("extra length"),
                   comment = directory.read<uint16_t>("comment length");
    directory.skip(8, "attributes");
    m.at = directory.read<uint32_t>("member offset");
    m.name = directory.take(name, "name");
    read_extra(directory.take(extra, "extra fields"), source, {&m.size, &m.packed, &m.at});
    directory.skip(comment, "comment");
    check_name(m.name, source);
    GRIM_CHECK(names.insert(m.name).second, input, "zip", "{}: member '{}' appears twice", source, m.name);
    check_member(file, m, flags, source);
    members.push_back(std::move(m));
  }
  return members;
}

}  // namespace grim
