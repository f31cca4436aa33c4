namespace PureClip.Tests.Architecture;

/// <summary>The walker sees every way in which C# lets a type use another. Below are the ways, one class each.</summary>
public sealed class TypeUsesTests
{
    private static readonly HashSet<string> UsersOfTarget = [.. TypeUses.Of(typeof(TypeUsesTests).Assembly.Location)
        .Where(use => use.Used == NameOf(nameof(Target)))
        .Select(use => use.User)];

    [Theory]
    [InlineData(nameof(AsField))]
    [InlineData(nameof(AsArray))]
    [InlineData(nameof(AsBase))]
    [InlineData(nameof(AsInterfaceArgument))]
    [InlineData("AsConstraint`1")]
    [InlineData(nameof(AsMethodConstraint))]
    [InlineData(nameof(AsParameter))]
    [InlineData(nameof(AsFunctionPointer))]
    [InlineData(nameof(AsLocal))]
    [InlineData(nameof(AsTypeOf))]
    [InlineData(nameof(AsArgumentOfCall))]
    [InlineData(nameof(AsArgumentOfGenericTypesMethod))]
    [InlineData(nameof(AsStaticCall))]
    [InlineData(nameof(AsForeignResult))]
    [InlineData(nameof(AsConstantInSwitch))]
    public void A_use_is_seen(string user) => Assert.Contains(NameOf(user), UsersOfTarget);

    [Fact]
    public void An_attribute_and_a_caught_exception_are_seen()
    {
        HashSet<(string, string)> uses = [.. TypeUses.Of(typeof(TypeUsesTests).Assembly.Location).Select(use => (use.User, use.Used))];
        Assert.Contains((NameOf(nameof(AsAttribute)), NameOf(nameof(MarkAttribute))), uses);
        Assert.Contains((NameOf(nameof(AsCatch)), NameOf(nameof(Mishap))), uses);
    }

    [Fact]
    public void A_type_that_uses_nothing_is_not_listed() => Assert.DoesNotContain(NameOf(nameof(Innocent)), UsersOfTarget);

    [Fact]
    public void A_use_says_in_which_member_it_is()
    {
        TypeUse use = Assert.Single(
            TypeUses.Of(typeof(TypeUsesTests).Assembly.Location), use => use.User == NameOf(nameof(AsParameter)) && use.Used == NameOf(nameof(Target)));
        Assert.Equal(nameof(AsParameter.Take), use.Where);
    }

    private static string NameOf(string nested) => $"{typeof(TypeUsesTests).FullName}/{nested}";

#pragma warning disable CS0649, CS0169, CA1822, CA1823, CA1812, IDE0044, IDE0051, IDE0052, IDE0060 // they are here to be compiled, not to be run
    internal class Target
    {
        public int Number;

        public static Target Make() => new();

        public static void Call()
        {
        }
    }

    internal enum Color
    {
        Red,
    }

    internal struct Value;

    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class MarkAttribute : Attribute;

    internal sealed class Mishap : Exception;

    internal sealed class AsField
    {
        private Target? _field;
    }

    internal sealed class AsArray
    {
        private Target[][]? _field;
    }

    internal sealed class AsBase : Target;

    internal sealed class AsInterfaceArgument : IComparer<Target>
    {
        public int Compare(Target? x, Target? y) => 0;
    }

    internal sealed class AsConstraint<T>
        where T : Target;

    internal sealed class AsMethodConstraint
    {
        public void Take<T>()
            where T : Target
        {
        }
    }

    internal sealed class AsParameter
    {
        public void Take(in Target target)
        {
        }
    }

    internal sealed unsafe class AsFunctionPointer
    {
        private delegate*<Target, void> _field;
    }

    internal sealed class AsLocal
    {
        public int Take(object anything)
        {
            var local = anything as Target;
            return local is null ? 0 : 1;
        }
    }

    internal sealed class AsTypeOf
    {
        public Type Take() => typeof(Target);
    }

    internal sealed class AsArgumentOfCall
    {
        public int Take() => Array.Empty<Target>().Length;
    }

    internal sealed class AsArgumentOfGenericTypesMethod
    {
        public object Take() => Comparer<List<Target>>.Default;
    }

    internal sealed class AsStaticCall
    {
        public void Take() => Target.Call();
    }

    internal sealed class AsForeignResult
    {
        public bool Take() => Maker.Make() is null;
    }

    internal sealed class AsConstantInSwitch
    {
        // Long branches, a jump table and wide constants: the walker must stay in step with the instructions.
        public object Take(int x) => x switch
        {
            0 => "text",
            1 => 2.5,
            2 => 1L << 40,
            3 => 1.5f,
            4 => 'c',
            5 => new Target(),
            _ => x,
        };
    }

    internal static class Maker
    {
        public static Target Make() => Target.Make();
    }

    [Mark]
    internal sealed class AsAttribute;

    internal sealed class AsCatch
    {
        public void Take()
        {
            try
            {
                GC.KeepAlive(this);
            }
            catch (Mishap)
            {
                GC.KeepAlive(this);
            }
        }
    }

    internal sealed class Innocent
    {
        public Color Color;
        public Value Value;
    }
#pragma warning restore
}
