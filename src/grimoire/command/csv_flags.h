// How a CSV file is to be read, as flags: the same for every command that reads one.
#pragma once

#include <string>

#include "grimoire/base/option.h"
#include "grimoire/data/table.h"

namespace grim {

struct CsvFlags {
  std::string header = "auto", delimiter, decimal = "auto";

  Options options();
  std::string given() const;        // the first of them that was, "" none
  void set(CsvOptions& csv) const;  // what the flags say; the rest stays. throws: usage
};

}  // namespace grim
