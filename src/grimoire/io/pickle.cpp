#include "grimoire/io/pickle.h"

#include <bit>
#include <deque>
#include <set>
#include <unordered_map>

#include "grimoire/base/error.h"
#include "grimoire/base/reader.h"
#include "grimoire/io/pickle_words.h"

namespace grim {
namespace {

// --- values ----------------------------------------------------------------------------------------------------------

using Ref = uint32_t;  // a place among the nodes: what the pickle shares is shared here too
struct Node {
  enum Kind { none, boolean, integer, real, text, tuple, list, dict, word, storage, tensor } kind = none;
  int64_t number = 0;  // boolean, integer; word: which; storage, tensor: its place
  double value = 0;
  std::string words{};
  std::vector<Ref> items{};          // dict: key, value, key, value, ...
  const StoredType* type = nullptr;  // word: of a storage or dtype; nullptr: untyped bytes
};
constexpr const char* kKinds[] = {"None", "a boolean", "an integer", "a real", "text", "a tuple", "a list", "a dictionary", "a name", "a storage", "a tensor"};

struct StorageNode {
  const StoredType* type;  // nullptr: untyped, counted in bytes
  std::string key;
  uint64_t elements;
};

constexpr size_t kMostNodes = 1'000'000, kMostVisits = 1'000'000;
constexpr int kMostNesting = 32;

class Machine {
 public:
  Machine(std::string_view bytes, std::string_view file) : reader_(bytes, file), file_(file) {}
  Pickled run();

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    const char* const name = name_of_opcode(opcode_);
    fail(ErrorKind::input, "pickle", str("{}: byte {}: {}: {}", file_, at_, name ? str("opcode {}", name) : str("unknown opcode {}", opcode_), problem),
         "nothing in a pickle is ever executed here; convert the file to safetensors where it was made");
  }
  void check(bool condition, const char* problem) const {
    if (!condition) refuse(problem);
  }

  Ref make(Node node) {
    check(nodes_.size() < kMostNodes, "more than 1,000,000 values");
    nodes_.push_back(std::move(node));
    return static_cast<Ref>(nodes_.size() - 1);
  }
  void push(Node node) { stack_.push_back(make(std::move(node))); }
  void push_integer(int64_t n) { push({.kind = Node::integer, .number = n}); }
  Ref pop() {
    check(!stack_.empty() && (marks_.empty() || stack_.size() > marks_.back()), "the stack is empty");
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }
  Ref top() {
    const Ref top = pop();
    stack_.push_back(top);
    return top;
  }
  std::vector<Ref> pop_to_mark() {
    check(!marks_.empty(), "there is no mark");
    std::vector<Ref> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  void push_tuple(std::vector<Ref> items) { push({.kind = Node::tuple, .items = std::move(items)}); }
  void push_tuple_of(size_t n) {
    std::vector<Ref> items(n);
    for (size_t i = n; i-- > 0;) items[i] = pop();
    push_tuple(std::move(items));
  }
  void add_items(const std::vector<Ref>& items, Node::Kind to) {
    const Ref target = top();
    if (nodes_[target].kind != to) refuse(str("got {}, expected {}", kKinds[nodes_[target].kind], kKinds[to]));
    check(to != Node::dict || items.size() % 2 == 0, "a key without a value");
    nodes_[target].items.insert(nodes_[target].items.end(), items.begin(), items.end());
  }
  void remember(uint32_t place) {
    check(place <= reader_.offset(), "a memo number larger than the pickle");  // numbers count the values so far
    memo_[place] = top();
  }
  void recall(uint32_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) refuse(str("memo {} was never set", place));
    stack_.push_back(found->second);
  }

  // Arguments of what is rebuilt, by kind.
  const Node& argument(const Node& tuple, size_t i, Node::Kind kind) const {
    if (i >= tuple.items.size()) refuse(str("got {} arguments, expected more", tuple.items.size()));
    const Node& n = nodes_[tuple.items[i]];
    if (n.kind != kind) refuse(str("argument {}: got {}, expected {}", i + 1, kKinds[n.kind], kKinds[kind]));
    return n;
  }
  uint64_t count(const Node& tuple, size_t i) const {
    const int64_t n = argument(tuple, i, Node::integer).number;
    if (n < 0) refuse(str("argument {}: got {}, expected 0 or more", i + 1, n));
    return static_cast<uint64_t>(n);
  }
  Shape sizes(const Node& tuple, size_t i) const {
    const Node& list = argument(tuple, i, Node::tuple);
    if (list.items.size() > kMaxDims) refuse(str("got {} dimensions, expected at most {}", list.items.size(), kMaxDims));
    Shape shape;
    for (size_t axis = 0; axis < list.items.size(); ++axis) shape.push_back(static_cast<int64_t>(count(list, axis)));
    return shape;
  }

  void name_word();
  void open_storage();
  void rebuild();
  void rebuild_tensor(const Node& arguments, bool typed);
  void long_integer();
  void step();
  void collect(Ref ref, const std::string& path, int depth, Pickled& out);

  Reader reader_;
  std::string file_;
  uint64_t at_ = 0;
  int opcode_ = 0;
  std::deque<Node> nodes_;
  std::vector<Ref> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, Ref> memo_;
  std::vector<StorageNode> storages_;
  std::vector<PickledTensor> tensors_;
  size_t visits_ = 0;
  bool done_ = false;
};

// GLOBAL: two lines, a module and a name in it.
void Machine::name_word() {
  const auto line = [&] {
    std::string text;
    for (char c = reader_.read<char>("name"); c != '\n'; c = reader_.read<char>("name")) {
      check(text.size() < 200, "a name of more than 200 letters");
      text += c;
    }
    return text;
  };
  const std::string module = line(), name = module + " " + line();
  const std::optional<PickleWord> word = pickle_word(name);
  if (!word) refuse(str("'{}' is not among the names that rebuild tensors", name));
  push({.kind = Node::word, .number = static_cast<int64_t>(word->word), .words = name, .type = word->type});
}

// BINPERSID: ('storage', kind of storage, key, place, number of elements).
void Machine::open_storage() {
  const Node id = nodes_[pop()];
  check(id.kind == Node::tuple && id.items.size() == 5 && nodes_[id.items[0]].words == "storage",
        "got no storage, expected ('storage', type, key, place, count)");
  const Node &kind = argument(id, 1, Node::word), &key = argument(id, 2, Node::text);
  check(static_cast<Word>(kind.number) == Word::storage, "argument 2: got no kind of storage");
  storages_.push_back({kind.type, key.words, count(id, 4)});
  push({.kind = Node::storage, .number = static_cast<int64_t>(storages_.size() - 1)});
}

// (storage, offset, sizes, strides, requires_grad, hooks[, dtype][, metadata])
void Machine::rebuild_tensor(const Node& arguments, bool typed) {
  const StorageNode& storage = storages_[static_cast<size_t>(argument(arguments, 0, Node::storage).number)];
  const StoredType* type = storage.type;
  if (typed) {
    const Node& dtype = argument(arguments, 6, Node::word);
    check(static_cast<Word>(dtype.number) == Word::dtype && !storage.type, "a dtype is expected, and a storage without one");
    type = dtype.type;
  }
  check(type != nullptr, "the storage has no type");
  PickledTensor t{"", type, storage.key, storage.elements, count(arguments, 1), sizes(arguments, 2), sizes(arguments, 3)};
  const auto width = static_cast<uint64_t>(type->bytes);
  if (!typed) check(multiply(storage.elements, width, t.storage_bytes), "the storage is larger than 64 bits can count");
  if (t.shape.ndim() != t.strides.ndim()) refuse(str("shape {} has strides {}", t.shape, t.strides));
  uint64_t bytes = 0;
  const std::string problem = stored_bytes(*type, t.shape, bytes);
  if (!problem.empty()) refuse(str("shape {}: {}", t.shape, problem));
  uint64_t last = t.offset, reach = 0;
  for (int axis = 0; axis < t.shape.ndim(); ++axis)
    if (bytes > 0 && (!multiply(static_cast<uint64_t>(t.shape[axis] - 1), static_cast<uint64_t>(t.strides[axis]), reach) ||
                      __builtin_add_overflow(last, reach, &last)))
      refuse("strides lead out of 64 bits");
  const uint64_t held = t.storage_bytes / width;
  if (bytes > 0 ? last >= held : last > held) refuse(str("a tensor reaches element {} of a storage of {}", last, held));
  tensors_.push_back(std::move(t));
  push({.kind = Node::tensor, .number = static_cast<int64_t>(tensors_.size() - 1)});
}

// REDUCE: a callable and its arguments, to Python; here one of five known words.
void Machine::rebuild() {
  const Node arguments = nodes_[pop()], callable = nodes_[pop()];
  if (callable.kind != Node::word) refuse(str("got {}, expected a name", kKinds[callable.kind]));
  check(arguments.kind == Node::tuple, "the arguments are no tuple");
  switch (static_cast<Word>(callable.number)) {
    case Word::ordered_dict:
      check(arguments.items.empty(), "OrderedDict with arguments");
      return push({.kind = Node::dict});
    case Word::size: return push(argument(arguments, 0, Node::tuple));
    case Word::rebuild_tensor: return rebuild_tensor(arguments, false);
    case Word::rebuild_typed_tensor: return rebuild_tensor(arguments, true);
    case Word::rebuild_parameter:
      argument(arguments, 0, Node::tensor);
      stack_.push_back(arguments.items[0]);
      return;
    default: refuse(str("'{}' rebuilds nothing", callable.words));
  }
}

void Machine::long_integer() {  // little-endian, two's complement, of as many bytes as are needed
  const auto length = reader_.read_between<uint8_t>(0, 8, "bytes of an integer");
  uint64_t n = 0;
  const std::string_view bytes = reader_.take(length, "integer");
  for (int i = 0; i < length; ++i) n |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[static_cast<size_t>(i)])) << (8 * i);
  if (length > 0 && length < 8 && (n >> (8 * length - 1) & 1)) n |= ~uint64_t{0} << (8 * length);
  push_integer(static_cast<int64_t>(n));
}

void Machine::step() {
  at_ = reader_.offset();
  opcode_ = reader_.read<uint8_t>("opcode");
  switch (opcode_) {
    case 0x80: {
      const int protocol = reader_.read<uint8_t>("protocol");
      if (protocol != 2) refuse(str("protocol {}, expected 2, which torch.save writes", protocol));
      return;
    }
    case '(': return marks_.push_back(stack_.size());
    case '.': done_ = true; return;
    case 'N': return push({});
    case 0x88: case 0x89: return push({.kind = Node::boolean, .number = opcode_ == 0x88});
    case 'J': return push_integer(reader_.read<int32_t>("integer"));
    case 'K': return push_integer(reader_.read<uint8_t>("integer"));
    case 'M': return push_integer(reader_.read<uint16_t>("integer"));
    case 0x8a: return long_integer();
    case 'G': return push({.kind = Node::real, .value = std::bit_cast<double>(__builtin_bswap64(reader_.read<uint64_t>("real")))});
    case 'X': {
      const uint32_t length = reader_.read<uint32_t>("length of a text");
      return push({.kind = Node::text, .words = std::string(reader_.take(length, "text"))});
    }
    case '}': return push({.kind = Node::dict});
    case ']': return push({.kind = Node::list});
    case ')': return push_tuple({});
    case 't': return push_tuple(pop_to_mark());
    case 0x85: case 0x86: case 0x87: return push_tuple_of(static_cast<size_t>(opcode_ - 0x84));
    case 's': {
      const Ref value = pop(), key = pop();
      return add_items({key, value}, Node::dict);
    }
    case 'u': return add_items(pop_to_mark(), Node::dict);
    case 'a': return add_items({pop()}, Node::list);
    case 'e': return add_items(pop_to_mark(), Node::list);
    case 'q': return remember(reader_.read<uint8_t>("memo"));
    case 'r': return remember(reader_.read<uint32_t>("memo"));
    case 'h': return recall(reader_.read<uint8_t>("memo"));
    case 'j': return recall(reader_.read<uint32_t>("memo"));
    case 'c': return name_word();
    case 'Q': return open_storage();
    case 'R': return rebuild();
    case 'b': {  // attributes of a dictionary (_metadata of a state_dict): nothing that tensors need
      pop();
      check(nodes_[top()].kind == Node::dict, "attributes for what is no dictionary");
      return;
    }
    default: refuse("not among those that rebuild tensors");
  }
}

void Machine::collect(Ref ref, const std::string& path, int depth, Pickled& out) {
  const Node& n = nodes_[ref];
  check(++visits_ <= kMostVisits, "what it holds unfolds to more than 1,000,000 values");
  check(depth <= kMostNesting, "nested deeper than 32");
  const auto below = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
  switch (n.kind) {
    case Node::dict: {
      std::set<std::string> keys;
      for (size_t i = 0; i < n.items.size(); i += 2) {
        const Node& key = nodes_[n.items[i]];
        if (key.kind != Node::text && key.kind != Node::integer) refuse(str("a key of '{}' is {}, expected text or an integer", path, kKinds[key.kind]));
        const std::string name = key.kind == Node::text ? key.words : std::to_string(key.number);
        if (!keys.insert(name).second) refuse(str("key '{}' appears twice", below(name)));
        collect(n.items[i + 1], below(name), depth + 1, out);
      }
      return;
    }
    case Node::list: case Node::tuple:
      for (size_t i = 0; i < n.items.size(); ++i) collect(n.items[i], below(std::to_string(i)), depth + 1, out);
      return;
    case Node::tensor:
      out.tensors.push_back(tensors_[static_cast<size_t>(n.number)]);
      out.tensors.back().name = path;
      return;
    case Node::boolean: out.values[path] = n.number ? "true" : "false"; return;
    case Node::integer: out.values[path] = std::to_string(n.number); return;
    case Node::real: out.values[path] = str("{}", n.value); return;
    case Node::text: out.values[path] = n.words; return;
    default: return;
  }
}

Pickled Machine::run() {
  while (!done_) step();
  check(stack_.size() == 1 && marks_.empty(), "more or less than one value is left");
  check(reader_.at_end(), "the pickle goes on behind its end");
  check(nodes_[stack_[0]].kind == Node::dict, "expected a dictionary of tensors");
  Pickled out;
  collect(stack_[0], "", 0, out);
  return out;
}

}  // namespace

Pickled parse_torch_pickle(std::string_view bytes, std::string_view file) { return Machine(bytes, file).run(); }

}  // namespace grim
