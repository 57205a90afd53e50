// A folder of its own for one test, gone with everything in it when the test ends; and where the data sets are.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "grimoire/base/files.h"

namespace grim::test {

class TempFolder {
 public:
  TempFolder() {
    // In memory where there is such a place: thousands of syncs and rewrites cost seconds on a disk.
    for (std::string parent : {std::string("/dev/shm"), std::filesystem::temp_directory_path().string()}) {
      std::string name = parent + "/grimoire-test-XXXXXX";
      if (mkdtemp(name.data())) {
        path_ = name;
        return;
      }
    }
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file here and gives its path.
  std::string put(const std::string& name, std::string_view bytes) const {
    const std::unique_ptr<OutFile> file = posix_files().create(*this / name);
    file->write(bytes);
    file->close();
    return *this / name;
  }

 private:
  std::string path_;
};

inline std::string golden_file(const std::string& name) {
  return std::string(GRIM_SOURCE_DIR) + "/tests/golden/" + name;
}

}  // namespace grim::test
