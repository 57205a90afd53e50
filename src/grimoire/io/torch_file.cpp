#include "grimoire/io/torch_file.h"

#include "grimoire/base/error.h"
#include "grimoire/io/pickle.h"
#include "grimoire/io/zip.h"

namespace grim {
namespace {

constexpr uint64_t kMostPickle = uint64_t{1} << 28;

std::string bytes_of(InFile& file, const ZipMember& member) {
  std::string bytes(member.size, '\0');
  file.read_at(static_cast<int64_t>(member.at), bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

TorchFile::TorchFile(const std::string& path, std::unique_ptr<InFile> file) : TensorFile(path, "PyTorch") {
  constexpr std::string_view kPickle = "/data.pkl";
  std::map<std::string, ZipMember> members;
  std::string folder;
  for (ZipMember& m : zip_members(*file, path)) {
    GRIM_CHECK(m.method == 0, input, "torch", "{}, member {}: is compressed, expected stored members, as torch.save writes them", path, m.name);
    if (m.name.ends_with(kPickle) && folder.empty()) folder = m.name.substr(0, m.name.size() - kPickle.size());
    members.emplace(m.name, m);
  }
  if (folder.empty())
    fail(ErrorKind::input, "torch", str("{}: the archive holds no data.pkl, expected a checkpoint of torch.save", path));
  const auto order = members.find(folder + "/byteorder");
  if (order != members.end())
    GRIM_CHECK(order->second.size < 16 && bytes_of(*file, order->second) == "little", input, "torch", "{}: written by a big-endian machine", path);
  const ZipMember& pickle = members.at(folder + std::string(kPickle));
  GRIM_CHECK(pickle.size <= kMostPickle, input, "torch", "{}: data.pkl takes {} bytes, expected at most {}", path, pickle.size, kMostPickle);
  Pickled held = parse_torch_pickle(bytes_of(*file, pickle), path);
  const auto size = static_cast<uint64_t>(file->size());
  add_part(path, std::move(file));
  metadata_ = std::move(held.values);
  for (PickledTensor& t : held.tensors) {
    const auto storage = members.find(str("{}/data/{}", folder, t.storage));
    GRIM_CHECK(storage != members.end(), input, "torch", "{}: tensor '{}': its storage data/{} is not in the archive", path, t.name, t.storage);
    GRIM_CHECK(storage->second.size == t.storage_bytes, input, "torch", "{}: tensor '{}': its storage data/{} has {} bytes, expected {}", path, t.name,
               t.storage, storage->second.size, t.storage_bytes);
    TensorEntry e{.name = std::move(t.name), .type = t.type, .shape = t.shape};
    stored_bytes(*e.type, e.shape, e.bytes);
    // A view that repeats elements (expand) may ask for any amount; none is larger than the file.
    GRIM_CHECK(e.bytes <= size, input, "torch", "{}: tensor '{}': shape {} repeats a storage of {} bytes up to {}", path, e.name, e.shape, t.storage_bytes,
               e.bytes);
    e.at = storage->second.at + t.offset * static_cast<uint64_t>(t.type->bytes);
    if (t.strides != contiguous_strides(t.shape)) e.strides = t.strides;
    add(std::move(e));
  }
}

}  // namespace grim
