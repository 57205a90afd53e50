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

// $GRIMOIRE_DATA/NAME, else ../shared/data/NAME beside the source tree; "" when it is not there.
inline std::string data_file(const std::string& name) {
  const char* set = std::getenv("GRIMOIRE_DATA");
  const std::string path = (set ? std::string(set) : std::string(GRIM_SOURCE_DIR) + "/../shared/data") + "/" + name;
  return exists(path) ? path : "";
}

inline std::string golden_file(const std::string& name) {
  return std::string(GRIM_SOURCE_DIR) + "/tests/golden/" + name;
}

}  // namespace grim::test

// Ends the test with a clear word when the data set is absent.
#define GRIM_NEED_DATA(variable, name)                           \
  const std::string variable = ::grim::test::data_file(name);    \
  if (variable.empty()) GTEST_SKIP() << "no " << name << ": set GRIMOIRE_DATA to the folder of the data sets"
