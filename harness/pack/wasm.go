package pack

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/tetratelabs/wazero"
)

// checkWasm demands a module that runs in every SDK: one that has all the builtins it calls. What it has not, the SDK
// has to bring, and OPA's for JavaScript fails at the first that it lacks.
func (a *Archive) checkWasm(ctx context.Context) error {
	module, ok := a.file(bundle.WasmFile)
	if !ok {
		return fmt.Errorf("%s: is missing", bundle.WasmFile)
	}
	wanted, err := hostBuiltins(ctx, module)
	if err != nil {
		return fmt.Errorf("%s: %w", bundle.WasmFile, err)
	}
	if len(wanted) > 0 {
		return fmt.Errorf("%s: calls what WebAssembly has to get from its host: %s", bundle.WasmFile, strings.Join(wanted, ", "))
	}
	return nil
}

// hostBuiltins returns the names of the builtins that a module wants of its host, sorted. It asks the module, as SDKs
// do.
func hostBuiltins(ctx context.Context, module []byte) ([]string, error) {
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	compiled, err := runtime.CompileModule(ctx, module)
	if err != nil {
		return nil, err
	}
	host, err := runtime.InstantiateWithConfig(ctx, hostModule(compiled), wazero.NewModuleConfig().WithName("env"))
	if err != nil {
		return nil, fmt.Errorf("make host: %w", err)
	}
	policy, err := runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig())
	if err != nil {
		return nil, err
	}

	var answer []uint64
	for _, name := range []string{"builtins", "opa_json_dump"} {
		function := policy.ExportedFunction(name)
		if function == nil {
			return nil, fmt.Errorf("has no function %s", name)
		}
		if answer, err = function.Call(ctx, answer...); err != nil {
			return nil, fmt.Errorf("call %s: %w", name, err)
		}
	}
	memory := host.Memory()
	text, _ := memory.Read(uint32(answer[0]), memory.Size()-uint32(answer[0]))
	text, _, _ = bytes.Cut(text, []byte{0})
	var wanted map[string]int
	if err := json.Unmarshal(text, &wanted); err != nil {
		return nil, fmt.Errorf("read builtins: %w", err)
	}
	return slices.Sorted(maps.Keys(wanted)), nil
}

// hostModule is a module with the memory and the functions that a policy imports, which do nothing but fail.
func hostModule(policy wazero.CompiledModule) []byte {
	const function, memory = 0, 2
	functions := policy.ImportedFunctions()
	types, declared, bodies := vector(len(functions)), vector(len(functions)), vector(len(functions))
	exports := vector(len(functions) + 1)
	for i, f := range functions {
		_, name, _ := f.Import()
		types = append(types, 0x60)
		types = sized(types, f.ParamTypes())
		types = sized(types, f.ResultTypes())
		declared = binary.AppendUvarint(declared, uint64(i))
		exports = append(sized(exports, []byte(name)), function)
		exports = binary.AppendUvarint(exports, uint64(i))
		bodies = sized(bodies, []byte{0, 0x00, 0x0b}) // no locals; unreachable; end
	}
	exports = append(sized(exports, []byte("memory")), memory, 0)

	pages := uint32(0)
	for _, imported := range policy.ImportedMemories() {
		pages = imported.Min()
	}
	memories := binary.AppendUvarint([]byte{1, 0}, uint64(pages)) // one, without a limit

	module := []byte("\x00asm\x01\x00\x00\x00")
	for _, section := range []struct {
		id      byte
		content []byte
	}{{1, types}, {3, declared}, {5, memories}, {7, exports}, {10, bodies}} {
		module = sized(append(module, section.id), section.content)
	}
	return module
}

// vector starts a list of so many elements.
func vector(length int) []byte { return binary.AppendUvarint(nil, uint64(length)) }

// sized appends the content with its length before it.
func sized(to, content []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(content))), content...)
}
