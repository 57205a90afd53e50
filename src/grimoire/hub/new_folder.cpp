#include "grimoire/hub/new_folder.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {

void check_new_folder(const std::string& to, std::string_view where) {
  if (const FileKind there = files().kind(to); there != FileKind::none)
    GRIM_CHECK(there == FileKind::folder && files().list(to).empty(), input, where,
               "{} is there already: expected a new folder, so that nothing is overwritten", to);
}

void write_new_folder(const std::string& to, const std::vector<CheckpointFile>& content) {
  files().make_dirs(to);
  for (const CheckpointFile& f : content) write_atomically(join_path(to, f.name), f.write);
}

}  // namespace grim
