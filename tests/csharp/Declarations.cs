using System;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Prints what the compiled binding declares of the C interface, a line each, for check_declarations.py.
static class Declarations
{
    const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    static void Main()
    {
        var assembly = typeof(Twinspect.Library).Assembly;
        foreach (var type in assembly.GetTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            if (type.IsEnum && type.IsPublic) Enumeration(type);
            else if (type.Name == "NativeMethods") Functions(type);
            else if (type.Namespace != "Twinspect.Native" || type.IsNested) continue;
            else if (typeof(Delegate).IsAssignableFrom(type)) Callback(type);
            else if (type.IsValueType) Structure(type);
        }
    }

    static void Enumeration(Type type)
    {
        if (Enum.GetUnderlyingType(type) != typeof(int)) throw new Exception(type + " is no int");
        foreach (var name in Enum.GetNames(type)) Console.WriteLine("enum\t{0}\t{1}\t{2}", type.Name, name, (int)Enum.Parse(type, name));
    }

    static void Functions(Type type)
    {
        foreach (var method in type.GetMethods(All))
        {
            var import = method.GetCustomAttribute<DllImportAttribute>();
            if (import == null) throw new Exception(method + " is no import");
            if (import.CallingConvention != CallingConvention.Cdecl || import.SetLastError) throw new Exception(method + " has other conventions");
            Console.WriteLine("function\t{0}\t{1}\t{2}", import.EntryPoint ?? method.Name, Name(method.ReturnType), Parameters(method));
        }
        foreach (var field in type.GetFields(All).Where(field => field.IsLiteral && field.Name.StartsWith("TSP_")))
        {
            Console.WriteLine("constant\t{0}\t{1}", field.Name, field.GetRawConstantValue());
        }
    }

    static void Callback(Type type)
    {
        var convention = type.GetCustomAttribute<UnmanagedFunctionPointerAttribute>().CallingConvention;
        if (convention != CallingConvention.Cdecl) throw new Exception(type + " has another convention");
        var method = type.GetMethod("Invoke");
        Console.WriteLine("callback\t{0}\t{1}\t{2}", type.Name, Name(method.ReturnType), Parameters(method));
    }

    static void Structure(Type type)
    {
        Console.WriteLine("struct\t{0}\t{1}", type.Name, Marshal.SizeOf(type));
        foreach (var field in type.GetFields(All).OrderBy(field => (int)Marshal.OffsetOf(type, field.Name)))
        {
            var array = field.GetCustomAttribute<FixedBufferAttribute>();
            var name = array == null ? Name(field.FieldType) : Name(array.ElementType) + "[" + array.Length + "]";
            Console.WriteLine("field\t{0}\t{1}\t{2}\t{3}", type.Name, field.Name, name, (int)Marshal.OffsetOf(type, field.Name));
        }
    }

    static string Parameters(MethodInfo method) =>
        string.Join(",", method.GetParameters().Select(parameter => Name(parameter.ParameterType) + " " + parameter.Name));

    static string Name(Type type) => type.Name.Replace("&", " by reference");
}
